#include "librestore/core/interrupt.h"
