/* Runs a program for Windows in its own place, with its console, input and output, and writes the
 * exit code that Windows knows of it to a file: how the host learns it. For tests only.
 *
 * usage: exit-code PROGRAM [ARGUMENT]...
 *
 * The host's own exit status is no exit code. A process of Wine that has ended for Windows still has
 * to leave the host, and Wine's server kills it half a second later if it has not: `process_sigkill`
 * in Wine's server/process.c. On a busy machine it has not, and the host sees SIGKILL (137) where
 * Windows has the code that the program ended with. That happens to this program as well, but
 * not before its file is written.
 *
 * CERTSTOW_TEST_EXIT_CODE names the file; the program does not get the variable.
 */

#include <windows.h>
#include <stdio.h>
#include <wchar.h>

#define VARIABLE L"CERTSTOW_TEST_EXIT_CODE"

/* What this program itself ends with if it cannot do its work. It leaves no file, then. */
#define NOT_RUN 125

static int fail(const char *what)
{
    fprintf(stderr, "exit-code: %s: error %lu\n", what, GetLastError());
    return NOT_RUN;
}

/* The command line after this program's own name, as it was given. */
static wchar_t *rest(wchar_t *line)
{
    BOOL quoted = FALSE;

    for (; *line && (quoted || (*line != ' ' && *line != '\t')); line++)
        if (*line == '"')
            quoted = !quoted;
    while (*line == ' ' || *line == '\t')
        line++;
    return line;
}

static BOOL write_code(const wchar_t *file, DWORD code)
{
    char text[16];
    int length = sprintf(text, "%lu", code);
    DWORD written;
    HANDLE handle = CreateFileW(file, GENERIC_WRITE, 0, NULL, CREATE_NEW, 0, NULL);
    BOOL whole;

    if (handle == INVALID_HANDLE_VALUE)
        return FALSE;
    whole = WriteFile(handle, text, length, &written, NULL) && written == (DWORD)length;
    return CloseHandle(handle) && whole;
}

int wmain(void)
{
    STARTUPINFOW startup = { .cb = sizeof(startup) };
    PROCESS_INFORMATION process;
    wchar_t file[MAX_PATH];
    DWORD length = GetEnvironmentVariableW(VARIABLE, file, MAX_PATH);
    DWORD code;

    if (length == 0 || length >= MAX_PATH)
        return fail("CERTSTOW_TEST_EXIT_CODE");
    SetEnvironmentVariableW(VARIABLE, NULL);
    if (!CreateProcessW(NULL, rest(GetCommandLineW()), NULL, NULL, TRUE, CREATE_SUSPENDED, NULL, NULL,
                        &startup, &process))
        return fail("CreateProcess");
    /* Ctrl-C at the console is for the program, which is alone there, as it is without this one. */
    FreeConsole();
    if (ResumeThread(process.hThread) == (DWORD)-1)
        return fail("ResumeThread");
    if (WaitForSingleObject(process.hProcess, INFINITE) != WAIT_OBJECT_0)
        return fail("WaitForSingleObject");
    if (!GetExitCodeProcess(process.hProcess, &code))
        return fail("GetExitCodeProcess");
    return write_code(file, code) ? 0 : fail("no file for the exit code");
}
