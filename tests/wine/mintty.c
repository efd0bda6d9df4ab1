/* Runs a program as mintty does, the window of Git Bash and MSYS2: input and output are named pipes, by
 * whose names runtimes take them for a terminal, and the only console is one without a window. What the
 * program shows goes to standard output; its exit code is this program's. For tests only.
 *
 * usage: mintty PROGRAM [ARGUMENT]...
 *
 * A program that asks all the same waits for ever: it is ended after a minute, with 124.
 */

#include <windows.h>
#include <stdio.h>
#include <wchar.h>

#define NOT_RUN 125
#define WAITS 124
#define PATIENCE 60000

/* As Cygwin's runtime names the two pipes of its first pseudo-terminal. */
#define PIPE(direction) L"\\\\.\\pipe\\msys-0123456789abcdef-pty0-" direction

static int fail(const char *what)
{
    fprintf(stderr, "mintty: %s: error %lu\n", what, GetLastError());
    return NOT_RUN;
}

/* The program's end of a pipe, which it inherits; `*ours` is the window's. */
static HANDLE pipe(const wchar_t *name, DWORD direction, HANDLE *ours)
{
    SECURITY_ATTRIBUTES inherited = { .nLength = sizeof(inherited), .bInheritHandle = TRUE };
    DWORD access = direction == PIPE_ACCESS_OUTBOUND ? GENERIC_READ : GENERIC_WRITE;

    *ours = CreateNamedPipeW(name, direction, PIPE_TYPE_BYTE, 1, 65536, 65536, 0, NULL);
    return CreateFileW(name, access | FILE_READ_ATTRIBUTES, 0, &inherited, OPEN_EXISTING, 0, NULL);
}

/* Passes on what the program shows, until it closes its end. */
static DWORD WINAPI show(void *screen)
{
    char text[4096];
    DWORD length;

    while (ReadFile(screen, text, sizeof(text), &length, NULL) && length) {
        fwrite(text, 1, length, stdout);
        fflush(stdout);
    }
    return 0;
}

/* The command line after its first word, which may have quotation marks. */
static wchar_t *after_first(wchar_t *line)
{
    BOOL quoted = FALSE;

    for (; *line && (quoted || *line != ' '); line++)
        quoted ^= *line == '"';
    return line + wcsspn(line, L" ");
}

int wmain(void)
{
    STARTUPINFOW startup = { .cb = sizeof(startup), .dwFlags = STARTF_USESTDHANDLES };
    PROCESS_INFORMATION process;
    HANDLE keyboard, screen, showing;
    static const char typed[] = "correct horse battery staple\n";
    DWORD code, length;

    startup.hStdInput = pipe(PIPE(L"from-master"), PIPE_ACCESS_OUTBOUND, &keyboard);
    startup.hStdOutput = pipe(PIPE(L"to-master"), PIPE_ACCESS_INBOUND, &screen);
    startup.hStdError = startup.hStdOutput;
    if (startup.hStdInput == INVALID_HANDLE_VALUE || startup.hStdOutput == INVALID_HANDLE_VALUE)
        return fail("no pipe");
    if (!CreateProcessW(NULL, after_first(GetCommandLineW()), NULL, NULL, TRUE, CREATE_NO_WINDOW, NULL, NULL,
                        &startup, &process))
        return fail("CreateProcess");
    CloseHandle(startup.hStdOutput);
    showing = CreateThread(NULL, 0, show, screen, 0, NULL);
    WriteFile(keyboard, typed, sizeof(typed) - 1, &length, NULL);
    if (WaitForSingleObject(process.hProcess, PATIENCE) != WAIT_OBJECT_0) {
        TerminateProcess(process.hProcess, WAITS);
        return WAITS;
    }
    if (!GetExitCodeProcess(process.hProcess, &code))
        return fail("GetExitCodeProcess");
    WaitForSingleObject(showing, 10000);
    return code;
}
