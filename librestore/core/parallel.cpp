#include "librestore/core/parallel.h"
