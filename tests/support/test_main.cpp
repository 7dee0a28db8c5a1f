// The main() of every test: here, so that the tests can share one precompiled Boost.Test header.
#define BOOST_TEST_MODULE restore
#include <boost/test/unit_test.hpp>
