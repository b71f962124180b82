# What every test script gets; each area declares its own tests in its own local.mk.
AM_TESTS_ENVIRONMENT = top_srcdir='$(abs_top_srcdir)'; top_builddir='$(abs_top_builddir)'; CC='$(CC)'; CXX='$(CXX)'; \
    export top_srcdir top_builddir CC CXX;

# The scripts of the top, and what they and the tests share.
EXTRA_DIST += quickstart runtests .ci/run packaging/packages.sh packaging/quickstart/summary.awk \
    tests/count-cases.awk tests/integration/docker-engine.sh tests/integration/lib.sh

# The whole way, with the daemon of the build tree.
TESTS += tests/integration/spine.py tests/integration/real-docker.py
EXTRA_DIST += tests/integration/spine.py tests/integration/real-docker.py tests/integration/testlib.py

# As a new user meets it.
TESTS += tests/integration/real-quickstart.sh tests/integration/real-readme.sh
EXTRA_DIST += tests/integration/real-quickstart.sh tests/integration/real-readme.sh CONTRIBUTING.md
