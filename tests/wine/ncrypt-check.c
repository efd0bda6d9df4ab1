/* Checks the ncrypt.dll it is run with, which has to be the stand-in of ncrypt.c, call by call:
 * what succeeds, and with which code everything else fails. For tests only.
 *
 * usage: ncrypt-check calls FOLDER PASSWORD   every call; what is exported goes into FOLDER, as
 *                                             CONTAINER.der and CONTAINER.NUMBER.encrypted.der
 *        ncrypt-check leak                    ends with a provider and a key that are not freed
 *        ncrypt-check hardware PROVIDER       opens a key of a provider, which ends the process
 *
 * The keys are those that `xtask/src/wine/cng.rs` prepares. */

#include <windows.h>
#include <wincrypt.h>
#include <ncrypt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

static const wchar_t SOFTWARE[] = L"Microsoft Software Key Storage Provider";
static const wchar_t TPM[] = L"Microsoft Platform Crypto Provider";

#define SILENT NCRYPT_SILENT_FLAG
#define MACHINE NCRYPT_MACHINE_KEY_FLAG
#define PKCS8 NCRYPT_PKCS8_PRIVATE_KEY_BLOB

/* Larger than any key here. */
#define ROOM 0x4000

static unsigned calls, failures;

static void expect(int line, const char *call, SECURITY_STATUS expected, SECURITY_STATUS got)
{
    calls++;
    if (got == expected)
        return;
    failures++;
    fprintf(stderr, "line %d: 0x%08lx where 0x%08lx was expected: %s\n", line, got, expected, call);
}

#define EXPECT(expected, call) expect(__LINE__, #call, expected, call)
#define EXPECT_TRUE(condition) expect(__LINE__, #condition, TRUE, !!(condition))

static NCRYPT_PROV_HANDLE open_provider(const wchar_t *name)
{
    NCRYPT_PROV_HANDLE provider = 0;

    EXPECT(ERROR_SUCCESS, NCryptOpenStorageProvider(&provider, name, 0));
    return provider;
}

/* Opens a key whose provider is freed right after. */
static NCRYPT_KEY_HANDLE open_key(const wchar_t *name, DWORD flags)
{
    NCRYPT_PROV_HANDLE provider = open_provider(SOFTWARE);
    NCRYPT_KEY_HANDLE key = 0;

    EXPECT(ERROR_SUCCESS, NCryptOpenKey(provider, &key, name, 0, flags));
    EXPECT(ERROR_SUCCESS, NCryptFreeObject(provider));
    return key;
}

static void check_providers(void)
{
    NCRYPT_PROV_HANDLE provider = 0;

    EXPECT(NTE_INVALID_PARAMETER, NCryptOpenStorageProvider(NULL, SOFTWARE, 0));
    EXPECT(NTE_BAD_FLAGS, NCryptOpenStorageProvider(&provider, SOFTWARE, SILENT));
    EXPECT(NTE_KEYSET_NOT_DEF, NCryptOpenStorageProvider(&provider, L"Vault of Nobody", 0));
    EXPECT(NTE_KEYSET_NOT_DEF, NCryptOpenStorageProvider(&provider, L"", 0));
    EXPECT_TRUE(provider == 0);
    EXPECT(ERROR_SUCCESS, NCryptFreeObject(open_provider(NULL)));
    EXPECT(ERROR_SUCCESS, NCryptFreeObject(open_provider(TPM)));
    EXPECT(ERROR_SUCCESS, NCryptFreeObject(open_provider(L"microsoft platform crypto provider")));
}

static void check_opening(void)
{
    NCRYPT_PROV_HANDLE provider = open_provider(SOFTWARE);
    NCRYPT_KEY_HANDLE key = 0;

    EXPECT(NTE_INVALID_HANDLE, NCryptOpenKey(0, &key, L"both", 0, 0));
    EXPECT(NTE_INVALID_HANDLE, NCryptOpenKey(provider + 1, &key, L"both", 0, 0));
    EXPECT(NTE_INVALID_PARAMETER, NCryptOpenKey(provider, NULL, L"both", 0, 0));
    EXPECT(NTE_INVALID_PARAMETER, NCryptOpenKey(provider, &key, NULL, 0, 0));
    EXPECT(NTE_INVALID_PARAMETER, NCryptOpenKey(provider, &key, L"both", CERT_NCRYPT_KEY_SPEC, 0));
    EXPECT(NTE_BAD_FLAGS, NCryptOpenKey(provider, &key, L"both", 0, NCRYPT_OVERWRITE_KEY_FLAG));
    EXPECT(NTE_BAD_KEYSET, NCryptOpenKey(provider, &key, L"missing", 0, SILENT));
    EXPECT(NTE_BAD_KEYSET, NCryptOpenKey(provider, &key, L"", 0, SILENT));
    EXPECT(NTE_BAD_KEYSET, NCryptOpenKey(provider, &key, L"..\\keys\\both", 0, SILENT));
    EXPECT_TRUE(key == 0);
    EXPECT(ERROR_SUCCESS, NCryptFreeObject(provider));
    EXPECT(NTE_INVALID_HANDLE, NCryptOpenKey(provider, &key, L"both", 0, 0));
}

/* The user's keys and the machine's, and those of a legacy key spec. */
static void check_places(void)
{
    NCRYPT_PROV_HANDLE provider = open_provider(SOFTWARE);
    NCRYPT_KEY_HANDLE key = 0;

    EXPECT(NTE_BAD_KEYSET, NCryptOpenKey(provider, &key, L"both", 0, SILENT | MACHINE));
    EXPECT(NTE_BAD_KEYSET, NCryptOpenKey(provider, &key, L"machine", 0, SILENT));
    EXPECT(ERROR_SUCCESS, NCryptFreeObject(open_key(L"machine", SILENT | MACHINE)));
    EXPECT(NTE_BAD_KEYSET, NCryptOpenKey(provider, &key, L"both", AT_KEYEXCHANGE, SILENT));
    EXPECT(NTE_BAD_KEYSET, NCryptOpenKey(provider, &key, L"legacy", 0, SILENT));
    EXPECT(NTE_BAD_KEYSET, NCryptOpenKey(provider, &key, L"legacy", AT_SIGNATURE, SILENT));
    EXPECT_TRUE(key == 0);
    EXPECT(ERROR_SUCCESS, NCryptOpenKey(provider, &key, L"legacy", AT_KEYEXCHANGE, SILENT));
    EXPECT(ERROR_SUCCESS, NCryptFreeObject(key));
    EXPECT(ERROR_SUCCESS, NCryptFreeObject(provider));
}

static void check_handles(void)
{
    NCRYPT_PROV_HANDLE provider = open_provider(SOFTWARE);
    NCRYPT_KEY_HANDLE key = open_key(L"both", 0), other;
    DWORD size;

    EXPECT(NTE_INVALID_HANDLE, NCryptFreeObject(0));
    EXPECT(NTE_INVALID_HANDLE, NCryptFreeObject(key + 1));
    /* One kind of handle in place of the other. */
    EXPECT(NTE_INVALID_HANDLE, NCryptOpenKey(key, &other, L"both", 0, 0));
    EXPECT(NTE_INVALID_HANDLE, NCryptExportKey(provider, 0, PKCS8, NULL, NULL, 0, &size, 0));
    EXPECT_TRUE(NCryptIsKeyHandle(key));
    EXPECT_TRUE(!NCryptIsKeyHandle(provider));
    EXPECT(ERROR_SUCCESS, NCryptFreeObject(provider));
    EXPECT(NTE_INVALID_HANDLE, NCryptFreeObject(provider));
    EXPECT(ERROR_SUCCESS, NCryptFreeObject(key));
    EXPECT(NTE_INVALID_HANDLE, NCryptFreeObject(key));
    EXPECT_TRUE(!NCryptIsKeyHandle(key));
    EXPECT(NTE_INVALID_HANDLE, NCryptExportKey(key, 0, PKCS8, NULL, NULL, 0, &size, 0));
    /* A new handle is none of those that were freed. */
    other = open_key(L"both", 0);
    EXPECT(NTE_INVALID_HANDLE, NCryptFreeObject(key));
    EXPECT(ERROR_SUCCESS, NCryptFreeObject(other));
}

static DWORD export_policy(const wchar_t *name)
{
    NCRYPT_KEY_HANDLE key = open_key(name, SILENT);
    DWORD policy = 0xFFFFFFFF, size = 0;

    EXPECT(ERROR_SUCCESS, NCryptGetProperty(key, NCRYPT_EXPORT_POLICY_PROPERTY, (BYTE *)&policy,
                                            sizeof(policy), &size, SILENT));
    EXPECT_TRUE(size == sizeof(policy));
    EXPECT(ERROR_SUCCESS, NCryptFreeObject(key));
    return policy;
}

static void check_export_policy(void)
{
    const wchar_t *name = NCRYPT_EXPORT_POLICY_PROPERTY;
    NCRYPT_KEY_HANDLE key = open_key(L"both", SILENT);
    DWORD size = 0;
    BYTE byte;

    EXPECT_TRUE(export_policy(L"kept") == 0);
    EXPECT_TRUE(export_policy(L"encrypted") == 1);
    EXPECT_TRUE(export_policy(L"both") == 3);
    /* Telling it uses no key, and asks nobody. */
    EXPECT_TRUE(export_policy(L"asks") == 1);
    EXPECT(ERROR_SUCCESS, NCryptGetProperty(key, name, NULL, 0, &size, 0));
    EXPECT_TRUE(size == sizeof(DWORD));
    size = 0;
    EXPECT(NTE_BUFFER_TOO_SMALL, NCryptGetProperty(key, name, &byte, 1, &size, 0));
    EXPECT_TRUE(size == sizeof(DWORD));
    EXPECT(NTE_INVALID_HANDLE, NCryptGetProperty(0, name, NULL, 0, &size, 0));
    EXPECT(NTE_INVALID_PARAMETER, NCryptGetProperty(key, NULL, NULL, 0, &size, 0));
    EXPECT(NTE_INVALID_PARAMETER, NCryptGetProperty(key, name, NULL, 0, NULL, 0));
    EXPECT(NTE_BAD_FLAGS, NCryptGetProperty(key, name, NULL, 0, &size, MACHINE));
    EXPECT(NTE_NOT_FOUND, NCryptGetProperty(key, name, NULL, 0, &size, NCRYPT_PERSIST_ONLY_FLAG));
    EXPECT(NTE_NOT_SUPPORTED, NCryptGetProperty(key, L"Colour", NULL, 0, &size, 0));
    EXPECT(NTE_NOT_SUPPORTED, NCryptGetProperty(key, NCRYPT_IMPL_TYPE_PROPERTY, NULL, 0, &size, 0));
    EXPECT(ERROR_SUCCESS, NCryptFreeObject(key));
}

/* A key leads to its provider, and that tells whether it is software. */
static void check_other_properties(void)
{
    NCRYPT_KEY_HANDLE key = open_key(L"both", SILENT);
    NCRYPT_PROV_HANDLE provider = 0;
    wchar_t text[64] = L"";
    DWORD type = 0, size = 0;

    EXPECT(ERROR_SUCCESS, NCryptGetProperty(key, NCRYPT_NAME_PROPERTY, (BYTE *)text, sizeof(text),
                                            &size, SILENT));
    EXPECT_TRUE(wcscmp(text, L"both") == 0 && size == 10);
    EXPECT(ERROR_SUCCESS, NCryptGetProperty(key, NCRYPT_PROVIDER_HANDLE_PROPERTY, (BYTE *)&provider,
                                            sizeof(provider), &size, SILENT));
    EXPECT(ERROR_SUCCESS, NCryptFreeObject(key));
    EXPECT(ERROR_SUCCESS, NCryptGetProperty(provider, NCRYPT_IMPL_TYPE_PROPERTY, (BYTE *)&type,
                                            sizeof(type), &size, SILENT));
    EXPECT_TRUE(type == NCRYPT_IMPL_SOFTWARE_FLAG);
    EXPECT(NTE_NOT_SUPPORTED,
           NCryptGetProperty(provider, NCRYPT_EXPORT_POLICY_PROPERTY, NULL, 0, &size, SILENT));
    EXPECT(ERROR_SUCCESS, NCryptFreeObject(provider));
}

/* The parameters of an encrypted export. */
struct parameters {
    wchar_t secret[128];
    char algorithm[32];
    struct {
        CRYPT_PKCS12_PBE_PARAMS head;
        BYTE salt[128];
    } pbe;
    NCryptBuffer buffers[3];
    NCryptBufferDesc list;
};

enum { SECRET, ALGORITHM, PBE };

static void set_buffer(struct parameters *parameters, int which, ULONG type, void *bytes,
                       size_t size)
{
    NCryptBuffer buffer = { (ULONG)size, type, bytes };

    parameters->buffers[which] = buffer;
}

static void set(struct parameters *parameters, const wchar_t *password, int iterations, ULONG salt)
{
    NCryptBufferDesc list = { NCRYPTBUFFER_VERSION, 3, parameters->buffers };
    ULONG i;

    wcscpy(parameters->secret, password);
    strcpy(parameters->algorithm, szOID_PKCS_12_pbeWithSHA1And3KeyTripleDES);
    parameters->pbe.head.iIterations = iterations;
    parameters->pbe.head.cbSalt = salt;
    for (i = 0; i < salt; i++)
        parameters->pbe.salt[i] = (BYTE)(0xF1 + 7 * i);
    set_buffer(parameters, SECRET, NCRYPTBUFFER_PKCS_SECRET, parameters->secret,
               (wcslen(password) + 1) * sizeof(wchar_t));
    set_buffer(parameters, ALGORITHM, NCRYPTBUFFER_PKCS_ALG_OID, parameters->algorithm,
               strlen(parameters->algorithm) + 1);
    set_buffer(parameters, PBE, NCRYPTBUFFER_PKCS_ALG_PARAM, &parameters->pbe,
               sizeof(parameters->pbe.head) + salt);
    parameters->list = list;
}

/* Asks for the size of the encrypted key, or of the plain one. */
static SECURITY_STATUS ask(NCRYPT_KEY_HANDLE key, struct parameters *parameters)
{
    NCryptBufferDesc *list = parameters ? &parameters->list : NULL;
    DWORD size;

    return NCryptExportKey(key, 0, PKCS8, list, NULL, 0, &size, SILENT);
}

static void check_export_arguments(void)
{
    NCRYPT_KEY_HANDLE key = open_key(L"both", SILENT);
    DWORD size;

    EXPECT(NTE_INVALID_HANDLE, NCryptExportKey(0, 0, PKCS8, NULL, NULL, 0, &size, 0));
    EXPECT(NTE_INVALID_HANDLE, NCryptExportKey(key, 1, PKCS8, NULL, NULL, 0, &size, 0));
    EXPECT(NTE_INVALID_PARAMETER, NCryptExportKey(key, key, PKCS8, NULL, NULL, 0, &size, 0));
    EXPECT(NTE_INVALID_PARAMETER, NCryptExportKey(key, 0, NULL, NULL, NULL, 0, &size, 0));
    EXPECT(NTE_INVALID_PARAMETER, NCryptExportKey(key, 0, PKCS8, NULL, NULL, 0, NULL, 0));
    EXPECT(NTE_BAD_FLAGS, NCryptExportKey(key, 0, PKCS8, NULL, NULL, 0, &size, SILENT | MACHINE));
    EXPECT(NTE_INVALID_PARAMETER, NCryptExportKey(key, 0, L"PEM", NULL, NULL, 0, &size, SILENT));
    EXPECT(NTE_BAD_TYPE,
           NCryptExportKey(key, 0, BCRYPT_RSAFULLPRIVATE_BLOB, NULL, NULL, 0, &size, SILENT));
    EXPECT(ERROR_SUCCESS, NCryptFreeObject(key));
}

static void check_policies(void)
{
    static const struct {
        const wchar_t *key;
        SECURITY_STATUS encrypted, plain;
    } CASES[] = {
        { L"kept", NTE_BAD_KEY_STATE, NTE_BAD_KEY_STATE },
        { L"encrypted", ERROR_SUCCESS, NTE_NOT_SUPPORTED },
        { L"both", ERROR_SUCCESS, ERROR_SUCCESS },
        /* Here the policy does not forbid it. */
        { L"sealed", NTE_BAD_KEY_STATE, NTE_BAD_KEY_STATE },
        { L"unsupported", NTE_NOT_SUPPORTED, NTE_NOT_SUPPORTED },
        /* The policy forbids the plain key before anybody is asked. */
        { L"asks", NTE_SILENT_CONTEXT, NTE_NOT_SUPPORTED },
    };
    struct parameters parameters;
    size_t i;

    set(&parameters, L"secret", 1, 8);
    for (i = 0; i < ARRAYSIZE(CASES); i++) {
        NCRYPT_KEY_HANDLE key = open_key(CASES[i].key, SILENT);

        EXPECT(CASES[i].encrypted, ask(key, &parameters));
        EXPECT(CASES[i].plain, ask(key, NULL));
        EXPECT(ERROR_SUCCESS, NCryptFreeObject(key));
    }
}

/* A key that asks: nobody in silence, and otherwise every time. */
static void check_confirmation(void)
{
    NCRYPT_KEY_HANDLE asks = open_key(L"asks", SILENT), cancels = open_key(L"cancels", 0);
    struct parameters parameters;
    DWORD size;

    set(&parameters, L"secret", 1, 8);
    EXPECT(NTE_SILENT_CONTEXT, ask(asks, &parameters));
    EXPECT(ERROR_SUCCESS, NCryptExportKey(asks, 0, PKCS8, &parameters.list, NULL, 0, &size, 0));
    EXPECT(ERROR_SUCCESS, NCryptExportKey(asks, 0, PKCS8, &parameters.list, NULL, 0, &size, 0));
    EXPECT(NTE_SILENT_CONTEXT, ask(asks, &parameters));
    EXPECT(ERROR_SUCCESS, NCryptFreeObject(asks));
    EXPECT(NTE_SILENT_CONTEXT, ask(cancels, &parameters));
    EXPECT(NTE_USER_CANCELLED,
           NCryptExportKey(cancels, 0, PKCS8, &parameters.list, NULL, 0, &size, 0));
    EXPECT(ERROR_SUCCESS, NCryptFreeObject(cancels));
}

/* Each statement breaks parameters that were right; the code is the export's. */
#define BROKEN(expected, statement)              \
    do {                                         \
        set(&parameters, L"secret", 1, 8);       \
        statement;                               \
        EXPECT(expected, ask(key, &parameters)); \
    } while (0)

static void check_secret(NCRYPT_KEY_HANDLE key)
{
    struct parameters parameters;
    NCryptBuffer *secret = &parameters.buffers[SECRET];

    /* The NUL is not counted, or half of it, or it counts as two. */
    BROKEN(NTE_INVALID_PARAMETER, secret->cbBuffer -= 2);
    BROKEN(NTE_INVALID_PARAMETER, secret->cbBuffer -= 1);
    BROKEN(NTE_INVALID_PARAMETER, secret->cbBuffer += 2; parameters.secret[7] = 0);
    BROKEN(NTE_INVALID_PARAMETER, secret->cbBuffer = 0);
    BROKEN(NTE_INVALID_PARAMETER, secret->pvBuffer = NULL);
    /* ASCII in place of UTF-16. */
    BROKEN(NTE_INVALID_PARAMETER, secret->pvBuffer = "secret"; secret->cbBuffer = 7);
    /* The empty password is a password. */
    BROKEN(ERROR_SUCCESS, parameters.secret[0] = 0; secret->cbBuffer = 2);
}

static void check_algorithm(NCRYPT_KEY_HANDLE key)
{
    struct parameters parameters;
    NCryptBuffer *algorithm = &parameters.buffers[ALGORITHM];

    BROKEN(NTE_INVALID_PARAMETER, algorithm->cbBuffer -= 1);
    BROKEN(NTE_INVALID_PARAMETER, parameters.algorithm[23] = '!');
    BROKEN(NTE_INVALID_PARAMETER, algorithm->cbBuffer += 1; parameters.algorithm[24] = 0);
    BROKEN(NTE_INVALID_PARAMETER, algorithm->cbBuffer = 0);
    BROKEN(NTE_INVALID_PARAMETER, algorithm->pvBuffer = NULL);
    /* UTF-16 in place of ASCII. */
    BROKEN(NTE_INVALID_PARAMETER, algorithm->pvBuffer = L"1.2"; algorithm->cbBuffer = 8);
    /* Another algorithm. */
    BROKEN(NTE_INTERNAL_ERROR, parameters.algorithm[22] = '1');
}

static void check_pbe(NCRYPT_KEY_HANDLE key)
{
    struct parameters parameters;
    NCryptBuffer *pbe = &parameters.buffers[PBE];

    BROKEN(NTE_INVALID_PARAMETER, pbe->cbBuffer -= 1);
    BROKEN(NTE_INVALID_PARAMETER, pbe->cbBuffer += 1);
    BROKEN(NTE_INVALID_PARAMETER, pbe->cbBuffer = 4);
    BROKEN(NTE_INVALID_PARAMETER, pbe->pvBuffer = NULL);
    BROKEN(NTE_INVALID_PARAMETER, parameters.pbe.head.cbSalt = 0; pbe->cbBuffer = 8);
    BROKEN(NTE_INVALID_PARAMETER, parameters.pbe.head.cbSalt = 16);
    BROKEN(NTE_INVALID_PARAMETER, parameters.pbe.head.iIterations = 0);
    BROKEN(NTE_INVALID_PARAMETER, parameters.pbe.head.iIterations = -1);
}

static void check_list(NCRYPT_KEY_HANDLE key)
{
    struct parameters parameters;
    NCryptBuffer *buffers = parameters.buffers, first;

    BROKEN(NTE_INVALID_PARAMETER, parameters.list.ulVersion = 1);
    BROKEN(NTE_INVALID_PARAMETER, parameters.list.pBuffers = NULL);
    BROKEN(NTE_INVALID_PARAMETER, parameters.list.cBuffers = 0);
    BROKEN(NTE_INVALID_PARAMETER, parameters.list.cBuffers = 2);
    BROKEN(NTE_INVALID_PARAMETER, buffers[PBE] = buffers[SECRET]);
    BROKEN(NTE_INVALID_PARAMETER, buffers[SECRET] = buffers[ALGORITHM]);
    BROKEN(NTE_INVALID_PARAMETER, buffers[ALGORITHM] = buffers[PBE]);
    BROKEN(NTE_INVALID_PARAMETER, buffers[PBE].BufferType = NCRYPTBUFFER_PKCS_ALG_ID);
    /* Their order is free. */
    BROKEN(ERROR_SUCCESS, first = buffers[0]; buffers[0] = buffers[2]; buffers[2] = first);
}

/* Wrong parameters are wrong whatever the policy says. */
static void check_parameters(void)
{
    NCRYPT_KEY_HANDLE key = open_key(L"encrypted", SILENT);
    struct parameters parameters;

    check_secret(key);
    check_algorithm(key);
    check_pbe(key);
    check_list(key);
    EXPECT(ERROR_SUCCESS, NCryptFreeObject(key));
    key = open_key(L"kept", SILENT);
    BROKEN(NTE_INVALID_PARAMETER, parameters.list.ulVersion = 1);
    EXPECT(ERROR_SUCCESS, NCryptFreeObject(key));
}

static void write_file(const wchar_t *folder, const wchar_t *name, const BYTE *bytes, DWORD size)
{
    wchar_t path[MAX_PATH];
    FILE *file;

    swprintf(path, MAX_PATH, L"%ls\\%ls", folder, name);
    file = _wfopen(path, L"wb");
    if (!file || fwrite(bytes, 1, size, file) != size || fclose(file) != 0) {
        fprintf(stderr, "cannot be written: %ls\n", path);
        exit(2);
    }
}

/* Exports a key as certstow does: the size first, then a buffer of that size. */
static void export_to(const wchar_t *folder, const wchar_t *name, NCRYPT_KEY_HANDLE key,
                      NCryptBufferDesc *list)
{
    BYTE output[ROOM];
    DWORD size = 0, written = 0;

    EXPECT(ERROR_SUCCESS, NCryptExportKey(key, 0, PKCS8, list, NULL, 0, &size, SILENT));
    EXPECT_TRUE(size > 0 && size < ROOM);
    memset(output, 0xA5, ROOM);
    EXPECT(NTE_BUFFER_TOO_SMALL,
           NCryptExportKey(key, 0, PKCS8, list, output, size - 1, &written, SILENT));
    EXPECT_TRUE(written == size && output[0] == 0xA5);
    EXPECT(NTE_BUFFER_TOO_SMALL, NCryptExportKey(key, 0, PKCS8, list, output, 0, &written, SILENT));
    EXPECT(ERROR_SUCCESS, NCryptExportKey(key, 0, PKCS8, list, output, size, &written, SILENT));
    EXPECT_TRUE(written == size && output[size] == 0xA5);
    EXPECT(ERROR_SUCCESS, NCryptExportKey(key, 0, PKCS8, list, output, ROOM, &written, SILENT));
    EXPECT_TRUE(written == size);
    write_file(folder, name, output, size);
}

/* Salts and iterations on both sides of what changes the derivation, and lengths and numbers in
 * the DER: 123 bytes of salt make parameters of 128. */
static void export_encrypted(const wchar_t *folder, const wchar_t *container,
                             const wchar_t *password)
{
    static const struct {
        int iterations;
        ULONG salt;
    } CASES[] = { { 1, 8 }, { 2, 1 }, { 127, 20 }, { 128, 64 }, { 2000, 65 }, { 3, 123 },
                { 40000, 100 } };
    NCRYPT_KEY_HANDLE key = open_key(container, SILENT);
    struct parameters parameters;
    wchar_t name[64];
    size_t i;

    for (i = 0; i < ARRAYSIZE(CASES); i++) {
        set(&parameters, password, CASES[i].iterations, CASES[i].salt);
        swprintf(name, 64, L"%ls.%d.encrypted.der", container, (int)i);
        export_to(folder, name, key, &parameters.list);
    }
    EXPECT(ERROR_SUCCESS, NCryptFreeObject(key));
}

static void check_exports(const wchar_t *folder, const wchar_t *password)
{
    NCRYPT_KEY_HANDLE key = open_key(L"both", SILENT);

    export_to(folder, L"both.der", key, NULL);
    EXPECT(ERROR_SUCCESS, NCryptFreeObject(key));
    export_encrypted(folder, L"both", password);
    export_encrypted(folder, L"encrypted", password);
}

/* How many of the keys of the user or of the machine have a name, and that all else is freed. */
static unsigned count_named(const wchar_t *name, DWORD key_spec, DWORD flags)
{
    NCRYPT_PROV_HANDLE provider = open_provider(SOFTWARE);
    SECURITY_STATUS status;
    NCryptKeyName *key;
    unsigned count = 0;
    void *walk = NULL;

    while ((status = NCryptEnumKeys(provider, NULL, &key, &walk, flags | SILENT)) == ERROR_SUCCESS) {
        if (!wcscmp(key->pszName, name) && key->dwLegacyKeySpec == key_spec)
            count++;
        EXPECT(ERROR_SUCCESS, NCryptFreeBuffer(key));
    }
    EXPECT(NTE_NO_MORE_ITEMS, status);
    EXPECT(ERROR_SUCCESS, NCryptFreeBuffer(walk));
    EXPECT(NTE_INVALID_PARAMETER, NCryptFreeBuffer(walk));
    EXPECT(ERROR_SUCCESS, NCryptFreeObject(provider));
    return count;
}

static void check_names(void)
{
    NCRYPT_PROV_HANDLE provider = open_provider(SOFTWARE);
    NCryptKeyName *key;
    void *walk = NULL;

    EXPECT_TRUE(count_named(L"both", 0, 0) == 1);
    EXPECT_TRUE(count_named(L"both", 0, MACHINE) == 0);
    EXPECT_TRUE(count_named(L"machine", 0, MACHINE) == 1);
    EXPECT_TRUE(count_named(L"machine", 0, 0) == 0);
    EXPECT_TRUE(count_named(L"legacy", AT_KEYEXCHANGE, 0) == 1);
    EXPECT(NTE_INVALID_HANDLE, NCryptEnumKeys(0, NULL, &key, &walk, 0));
    EXPECT(NTE_INVALID_PARAMETER, NCryptEnumKeys(provider, L"scope", &key, &walk, 0));
    EXPECT(NTE_INVALID_PARAMETER, NCryptEnumKeys(provider, NULL, NULL, &walk, 0));
    EXPECT(NTE_INVALID_PARAMETER, NCryptEnumKeys(provider, NULL, &key, NULL, 0));
    EXPECT(NTE_BAD_FLAGS, NCryptEnumKeys(provider, NULL, &key, &walk, NCRYPT_OVERWRITE_KEY_FLAG));
    EXPECT_TRUE(walk == NULL);
    EXPECT(ERROR_SUCCESS, NCryptFreeObject(provider));
}

/* Whatever its policy, and without a window. */
static void check_public_halves(void)
{
    static const struct {
        const wchar_t *key;
        const char *magic;
        DWORD size;
    } CASES[] = {
        /* 2048 bits, and the exponent 65537, after six numbers. */
        { L"both", "RSA1", 24 + 3 + 256 },
        { L"kept", "RSA1", 24 + 3 + 256 },
        { L"sealed", "ECS1", 8 + 64 },
        { L"asks", "ECS1", 8 + 64 },
    };
    const wchar_t *type = BCRYPT_PUBLIC_KEY_BLOB;
    struct parameters parameters;
    BYTE blob[ROOM];
    DWORD size;
    size_t i;

    set(&parameters, L"secret", 1, 8);
    for (i = 0; i < ARRAYSIZE(CASES); i++) {
        NCRYPT_KEY_HANDLE key = open_key(CASES[i].key, SILENT);

        EXPECT(ERROR_SUCCESS, NCryptExportKey(key, 0, type, NULL, NULL, 0, &size, SILENT));
        EXPECT_TRUE(size == CASES[i].size);
        EXPECT(ERROR_SUCCESS, NCryptExportKey(key, 0, type, NULL, blob, ROOM, &size, SILENT));
        EXPECT_TRUE(size == CASES[i].size && !memcmp(blob, CASES[i].magic, 4));
        EXPECT(NTE_BUFFER_TOO_SMALL, NCryptExportKey(key, 0, type, NULL, blob, 1, &size, SILENT));
        EXPECT(NTE_INVALID_PARAMETER,
               NCryptExportKey(key, 0, type, &parameters.list, NULL, 0, &size, SILENT));
        EXPECT(ERROR_SUCCESS, NCryptFreeObject(key));
    }
}

#define NOT_FINAL NCRYPT_DO_NOT_FINALIZE_FLAG

/* Asks for a key to be imported under a name, with what is given of it. */
static SECURITY_STATUS import(NCRYPT_PROV_HANDLE provider, const wchar_t *name, NCRYPT_KEY_HANDLE *key,
                              BYTE *bytes, DWORD size, DWORD flags)
{
    NCryptBuffer buffer = { (ULONG)((wcslen(name) + 1) * sizeof(*name)), NCRYPTBUFFER_PKCS_KEY_NAME,
                            (void *)name };
    NCryptBufferDesc list = { NCRYPTBUFFER_VERSION, 1, &buffer };

    return NCryptImportKey(provider, 0, PKCS8, &list, key, bytes, size, flags);
}

static SECURITY_STATUS set_policy(NCRYPT_KEY_HANDLE key, DWORD policy)
{
    return NCryptSetProperty(key, NCRYPT_EXPORT_POLICY_PROPERTY, (BYTE *)&policy, sizeof(policy),
                             NCRYPT_PERSIST_FLAG | SILENT);
}

/* What another key is given out as is imported, changed, kept and deleted. */
static void check_import(void)
{
    NCRYPT_PROV_HANDLE provider = open_provider(SOFTWARE);
    NCRYPT_KEY_HANDLE both = open_key(L"both", SILENT), key = 0, same;
    BYTE bytes[ROOM];
    DWORD size = 0, other;

    EXPECT(ERROR_SUCCESS, NCryptExportKey(both, 0, PKCS8, NULL, bytes, ROOM, &size, SILENT));
    EXPECT(NTE_BAD_FLAGS, import(provider, L"new", &key, bytes, size, SILENT));
    EXPECT(NTE_BAD_DATA, import(provider, L"new", &key, bytes, size - 1, NOT_FINAL));
    EXPECT(NTE_EXISTS, import(provider, L"both", &key, bytes, size, NOT_FINAL));
    EXPECT(NTE_INVALID_HANDLE, import(both, L"new", &key, bytes, size, NOT_FINAL));
    EXPECT(NTE_INVALID_PARAMETER, import(provider, L"", &key, bytes, size, NOT_FINAL));
    EXPECT(NTE_INVALID_PARAMETER,
           NCryptImportKey(provider, 0, PKCS8, NULL, &key, bytes, size, NOT_FINAL));
    EXPECT_TRUE(key == 0);

    EXPECT(ERROR_SUCCESS, import(provider, L"new", &key, bytes, size, NOT_FINAL | SILENT));
    EXPECT(NTE_BAD_KEYSET, NCryptOpenKey(provider, &same, L"new", 0, SILENT));
    EXPECT(NTE_BAD_KEY_STATE, NCryptExportKey(key, 0, PKCS8, NULL, NULL, 0, &other, SILENT));
    EXPECT(NTE_BAD_KEY_STATE, NCryptDeleteKey(key, SILENT));
    EXPECT(ERROR_SUCCESS, set_policy(key, 1));
    EXPECT(ERROR_SUCCESS, NCryptFinalizeKey(key, SILENT));
    EXPECT(NTE_BAD_KEY_STATE, NCryptFinalizeKey(key, SILENT));
    EXPECT(NTE_NOT_SUPPORTED, set_policy(key, 3));
    EXPECT(ERROR_SUCCESS, NCryptFreeObject(key));
    EXPECT_TRUE(export_policy(L"new") == 1);
    key = open_key(L"new", SILENT);
    EXPECT(NTE_BAD_FLAGS, NCryptDeleteKey(key, MACHINE));
    EXPECT(ERROR_SUCCESS, NCryptDeleteKey(key, SILENT));
    EXPECT(NTE_INVALID_HANDLE, NCryptFreeObject(key));
    EXPECT(NTE_BAD_KEYSET, NCryptOpenKey(provider, &same, L"new", 0, SILENT));

    /* One that is not finalized leaves nothing. */
    EXPECT(ERROR_SUCCESS, import(provider, L"new", &key, bytes, size, NOT_FINAL | MACHINE));
    EXPECT(ERROR_SUCCESS, NCryptFreeObject(key));
    EXPECT(NTE_BAD_KEYSET, NCryptOpenKey(provider, &same, L"new", 0, SILENT | MACHINE));
    EXPECT(ERROR_SUCCESS, NCryptFreeObject(both));
    EXPECT(ERROR_SUCCESS, NCryptFreeObject(provider));
}

static int check_calls(const wchar_t *folder, const wchar_t *password)
{
    check_providers();
    check_opening();
    check_places();
    check_handles();
    check_export_policy();
    check_other_properties();
    check_export_arguments();
    check_policies();
    check_confirmation();
    check_parameters();
    check_exports(folder, password);
    check_names();
    check_public_halves();
    check_import();
    printf("%u calls checked, %u not as expected\n", calls, failures);
    return failures > 0;
}

static int leak(void)
{
    open_key(L"both", SILENT);
    open_provider(SOFTWARE);
    return failures > 0;
}

static int open_hardware(const wchar_t *name)
{
    NCRYPT_PROV_HANDLE provider = open_provider(name);
    NCRYPT_KEY_HANDLE key;

    NCryptOpenKey(provider, &key, L"both", 0, SILENT);
    return 0;
}

int wmain(int count, wchar_t **arguments)
{
    if (count == 4 && wcscmp(arguments[1], L"calls") == 0)
        return check_calls(arguments[2], arguments[3]);
    if (count == 2 && wcscmp(arguments[1], L"leak") == 0)
        return leak();
    if (count == 3 && wcscmp(arguments[1], L"hardware") == 0)
        return open_hardware(arguments[2]);
    fprintf(stderr, "usage: ncrypt-check calls FOLDER PASSWORD | leak | hardware PROVIDER\n");
    return 2;
}
