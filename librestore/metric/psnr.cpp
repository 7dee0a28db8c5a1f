#include "librestore/metric/psnr.h"
