#include "priors/factory.h"
