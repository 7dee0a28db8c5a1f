// Carries the precompiled header that every target above librestore/core reuses.
