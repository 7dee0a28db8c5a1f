#include "librestore/image/image_io.h"
