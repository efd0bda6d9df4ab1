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
 * CERTSTOW_TEST_EXIT_CODE names the file; the program does not get the variable. The file is there,
 * empty, before the first instruction of the program runs. Where there is none, the program never
 * began: on Wine, a process now and then ends while it is being set up (CreateProcess fails with
 * ERROR_INTERNAL_ERROR, or this program itself is gone without a word).
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

static BOOL write_code(HANDLE file, DWORD code)
{
    char text[16];
    int length = sprintf(text, "%lu", code);
    DWORD written;
    BOOL whole = WriteFile(file, text, length, &written, NULL) && written == (DWORD)length;

    return CloseHandle(file) && whole;
}

int wmain(void)
{
    STARTUPINFOW startup = { .cb = sizeof(startup) };
    PROCESS_INFORMATION process;
    wchar_t name[MAX_PATH];
    DWORD length = GetEnvironmentVariableW(VARIABLE, name, MAX_PATH);
    HANDLE file;
    DWORD code;

    if (length == 0 || length >= MAX_PATH)
        return fail("CERTSTOW_TEST_EXIT_CODE");
    SetEnvironmentVariableW(VARIABLE, NULL);
    if (!CreateProcessW(NULL, rest(GetCommandLineW()), NULL, NULL, TRUE, CREATE_SUSPENDED, NULL, NULL,
                        &startup, &process))
        return fail("CreateProcess");
    file = CreateFileW(name, GENERIC_WRITE, 0, NULL, CREATE_NEW, 0, NULL);
    if (file == INVALID_HANDLE_VALUE) {
        TerminateProcess(process.hProcess, NOT_RUN);
        return fail("no file for the exit code");
    }
    /* Ctrl-C at the console is for the program, which is alone there, as it is without this one. */
    FreeConsole();
    if (ResumeThread(process.hThread) == (DWORD)-1)
        return fail("ResumeThread");
    if (WaitForSingleObject(process.hProcess, INFINITE) != WAIT_OBJECT_0)
        return fail("WaitForSingleObject");
    if (!GetExitCodeProcess(process.hProcess, &code))
        return fail("GetExitCodeProcess");
    return write_code(file, code) ? 0 : fail("the exit code was not written");
}
