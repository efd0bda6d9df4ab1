/* Runs a program and closes its console while it writes a file. The event comes as on Windows: in a
 * thread at CtrlRoutine, and once the handlers have returned, the process is at its end, whatever its
 * other threads are doing. (Wine's consoles without a window never close.) For tests only.
 *
 * usage: close PATTERN PROGRAM [ARGUMENT]...    PATTERN is of the files that the program writes first
 *
 * The program's exit code is this one's.
 */

#include <windows.h>
#include <stdio.h>
#include <wchar.h>

#define NOT_RUN 125
#define PATIENCE 120000

static int fail(const char *what)
{
    fprintf(stderr, "close: %s: error %lu\n", what, GetLastError());
    return NOT_RUN;
}

/* The command line after its first word, which may have quotation marks. */
static wchar_t *after_first(wchar_t *line)
{
    BOOL quoted = FALSE;

    for (; *line && (quoted || *line != ' '); line++)
        quoted ^= *line == '"';
    return line + wcsspn(line, L" ");
}

/* Whether there is such a file with something in it. */
static BOOL is_there(const wchar_t *pattern)
{
    WIN32_FIND_DATAW found;
    HANDLE search = FindFirstFileW(pattern, &found);

    if (search == INVALID_HANDLE_VALUE)
        return FALSE;
    FindClose(search);
    return found.nFileSizeLow > 0;
}

int wmain(int argc, wchar_t **argv)
{
    HMODULE library = GetModuleHandleW(L"kernelbase.dll");
    LPTHREAD_START_ROUTINE routine = (void *)GetProcAddress(library, "CtrlRoutine");
    STARTUPINFOW startup = { .cb = sizeof(startup) };
    PROCESS_INFORMATION process;
    HANDLE thread;
    DWORD code;

    if (argc < 3 || !routine)
        return fail("usage, or no CtrlRoutine");
    if (!CreateProcessW(NULL, after_first(after_first(GetCommandLineW())), NULL, NULL, TRUE, 0, NULL, NULL, &startup,
                        &process))
        return fail("CreateProcess");
    while (!is_there(argv[1]))
        if (WaitForSingleObject(process.hProcess, 1) == WAIT_OBJECT_0)
            return fail("the program ended before it wrote anything");
    thread = CreateRemoteThread(process.hProcess, NULL, 0, routine, (void *)CTRL_CLOSE_EVENT, 0, NULL);
    if (!thread)
        return fail("CreateRemoteThread");
    if (WaitForSingleObject(thread, PATIENCE) != WAIT_OBJECT_0)
        return fail("the handlers did not return");
    TerminateProcess(process.hProcess, STATUS_CONTROL_C_EXIT);
    if (WaitForSingleObject(process.hProcess, PATIENCE) != WAIT_OBJECT_0
        || !GetExitCodeProcess(process.hProcess, &code))
        return fail("no exit code");
    return code;
}
