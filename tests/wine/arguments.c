/* Splits a command line as Windows does it for every program, by CommandLineToArgvW, and prints one
 * argument a line, in UTF-8. For tests only.
 *
 * usage: arguments FILE    FILE holds the command line after the program's name, as UTF-16LE without
 *                          a byte order mark
 */

#include <windows.h>
#include <shellapi.h>
#include <stdio.h>
#include <wchar.h>

int wmain(int argc, wchar_t **argv)
{
    static wchar_t line[16384] = L"program ";
    size_t begin = wcslen(line), length;
    wchar_t **arguments;
    FILE *file;
    int count, i;

    if (argc != 2 || !(file = _wfopen(argv[1], L"rb")))
        return 2;
    length = fread(line + begin, sizeof(*line), 16384 - begin - 1, file);
    fclose(file);
    line[begin + length] = 0;
    arguments = CommandLineToArgvW(line, &count);
    if (!arguments)
        return 1;
    for (i = 1; i < count; i++) {
        char text[4096];

        if (!WideCharToMultiByte(CP_UTF8, 0, arguments[i], -1, text, sizeof(text), NULL, NULL))
            return 1;
        printf("%s\n", text);
    }
    return 0;
}
