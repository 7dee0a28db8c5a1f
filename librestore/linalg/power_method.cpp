#include "librestore/linalg/power_method.h"
