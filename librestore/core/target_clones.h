// RESTORE_TARGET_CLONES: for functions whose plain loops the compiler vectorises. On x86-64 it
// makes versions for AVX-512 and for AVX2 with FMA beside the portable one, and the loader picks.
//
// Address and thread sanitizers start after the loader would have to ask; Clang has no such clones
// for templates. There the portable version is the only one.
#pragma once

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && \
    !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define RESTORE_TARGET_CLONES \
  __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define RESTORE_TARGET_CLONES
#endif

// For what such a function calls: inlined, it is compiled for the caller's target.
#define RESTORE_INLINE [[gnu::always_inline]] inline
