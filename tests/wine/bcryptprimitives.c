/* bcryptprimitives.dll for a Wine that lacks it (Wine 8 does): Rust's standard library imports
 * ProcessPrng from it, and Windows has it since Windows 10. For tests only. */

#include <windows.h>

/* RtlGenRandom, which advapi32 exports under this name. */
BOOLEAN WINAPI SystemFunction036(PVOID buffer, ULONG size);

/* Documented never to fail: a caller does not look at what it returns. */
__declspec(dllexport) BOOL WINAPI ProcessPrng(PBYTE buffer, SIZE_T size)
{
    while (size > 0) {
        ULONG part = size > 0x10000000 ? 0x10000000 : (ULONG)size;

        if (!SystemFunction036(buffer, part))
            TerminateProcess(GetCurrentProcess(), 1);
        buffer += part;
        size -= part;
    }
    return TRUE;
}
