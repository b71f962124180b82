# Plugins as of each released ABI minor: their sources and the headers of that minor, never edited once released.
TESTS += tests/compat/compat.sh
EXTRA_DIST += tests/compat/compat.sh tests/compat/1.0
