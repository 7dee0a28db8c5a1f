#include "librestore/model/denoiser.h"
