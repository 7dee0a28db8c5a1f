#include "librestore/core/rng.h"
