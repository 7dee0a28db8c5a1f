#include "librestore/solve/table.h"
