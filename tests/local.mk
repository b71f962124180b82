# What every test script gets; each area declares its own tests in its own local.mk.
AM_TESTS_ENVIRONMENT = top_srcdir='$(abs_top_srcdir)'; top_builddir='$(abs_top_builddir)'; CC='$(CC)'; CXX='$(CXX)'; \
    export top_srcdir top_builddir CC CXX;

# A Docker engine for tests and the quickstart, and what the scripts share.
EXTRA_DIST += tests/integration/docker-engine.sh
