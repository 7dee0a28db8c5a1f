#include "librestore/core/parameters.h"
