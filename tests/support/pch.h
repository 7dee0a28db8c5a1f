// What nearly every test includes, besides the project's precompiled header.
#pragma once

#include "cmake/pch.h"

#include <boost/test/unit_test.hpp>
