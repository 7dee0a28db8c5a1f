#include "librestore/core/progress.h"
