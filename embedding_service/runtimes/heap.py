"""What glibc keeps of memory that is no longer used."""

import ctypes

_M_MMAP_THRESHOLD = -3  # malloc.h
_LARGE_BYTES = 2 << 20


def return_large_blocks() -> bool:
    """From now on a freed block of 2 MiB or more goes back to the system at once; whether that can be had.

    By itself glibc raises that size to up to 32 MiB as such blocks are freed. Whoever then grows buffers
    block by block leaves holes in the heap that nothing fits in. The price is a page fault for every 4 KiB of
    a large block that is allocated anew, so this isn't for code that allocates many of them.
    """
    try:
        set_option = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):  # another libc
        return False
    return bool(set_option(_M_MMAP_THRESHOLD, _LARGE_BYTES))
