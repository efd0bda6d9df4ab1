/* ncrypt.dll for a Wine that keeps no keys of CNG (NCryptOpenKey of Wine 8 and 10 fails whatever
 * it is asked): the few functions that name the keys, open one, tell its export policy and export it
 * or its public half, and those that import one and delete one, with keys in a folder. Wine loads it
 * in place of its own when it lies beside the program and WINEDLLOVERRIDES has `ncrypt=n,b`. For tests
 * only.
 *
 * The variable CERTSTOW_TEST_KEYS names the folder, as a Windows path. A key is two files there:
 *   CONTAINER.p8       the key, as PKCS#8 in DER
 *   CONTAINER.policy   its export policy, a number of NCRYPT_ALLOW_... flags: 0 lets nothing out,
 *                      1 the encrypted key, 3 the plain one too. After it any of these words:
 *     machine          the key is the machine's, not the user's
 *     keyexchange, signature
 *                      it has this legacy key spec, where others have none
 *     ui               every use asks for confirmation, a line on standard error, and gets it
 *     cancels          with `ui`: it does not get it
 *     sealed           it may leave, but this logon cannot decrypt it, as under S4U
 *     unsupported      its provider does not know PKCS#8; with policy 0, NTE_NOT_SUPPORTED in place
 *                      of NTE_BAD_KEY_STATE, since providers say either
 *
 * Arguments are checked before the key is looked at, more strictly than Windows checks some, so
 * that a mistake shows as NTE_INVALID_PARAMETER and as nothing else. The codes are those that
 * Microsoft documents for the functions; where it leaves one open, that of its sample KSP. What
 * tests must not do, like opening a key in hardware, and what is wrong with the folder, ends the
 * process with exit code 99. Handles and buffers that were not freed are counted on standard error
 * when the process ends. */

#include <windows.h>
#include <wincrypt.h>
#include <bcrypt.h>
#include <ncrypt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#define EXIT_CODE 99

/* What the words of a policy file say of a key. */
#define MACHINE 0x01
#define KEY_EXCHANGE 0x02
#define SIGNATURE 0x04
#define ASKS 0x08
#define CANCELS 0x10
#define SEALED 0x20
#define UNSUPPORTED 0x40

static const struct {
    const char *word;
    DWORD trait;
} WORDS[] = {
    { "machine", MACHINE }, { "keyexchange", KEY_EXCHANGE }, { "signature", SIGNATURE },
    { "ui", ASKS }, { "cancels", CANCELS }, { "sealed", SEALED }, { "unsupported", UNSUPPORTED },
};

struct provider {
    const wchar_t *name;
    /* NCRYPT_IMPL_... flags. */
    DWORD type;
};

/* What is installed; the first is the default, and the only one that has keys. */
static const struct provider PROVIDERS[] = {
    { L"Microsoft Software Key Storage Provider", NCRYPT_IMPL_SOFTWARE_FLAG },
    { L"Microsoft Platform Crypto Provider", NCRYPT_IMPL_HARDWARE_FLAG },
    { L"Microsoft Passport Key Storage Provider", NCRYPT_IMPL_HARDWARE_FLAG },
    { L"Microsoft Smart Card Key Storage Provider",
      NCRYPT_IMPL_HARDWARE_FLAG | NCRYPT_IMPL_REMOVABLE_FLAG },
};

/* Blobs that there are, and that this provider does not make. */
static const wchar_t *const OTHER_BLOBS[] = {
    BCRYPT_PRIVATE_KEY_BLOB, BCRYPT_RSAPUBLIC_BLOB, BCRYPT_RSAPRIVATE_BLOB,
    BCRYPT_RSAFULLPRIVATE_BLOB, BCRYPT_ECCPUBLIC_BLOB, BCRYPT_ECCPRIVATE_BLOB,
    LEGACY_RSAPRIVATE_BLOB, NCRYPT_PKCS7_ENVELOPE_BLOB, NCRYPT_OPAQUETRANSPORT_BLOB,
};

/* An open provider or, with a name, an open key of it. */
struct object {
    NCRYPT_HANDLE handle;
    const struct provider *provider;
    wchar_t *name;
    DWORD policy, traits;
    BYTE *pkcs8;
    DWORD pkcs8_size;
    /* Imported, and not in the folder before it is finalized. */
    BOOL pending;
    struct object *next;
};

static SRWLOCK lock = SRWLOCK_INIT;
static struct object *objects;

/* No handle is given out twice, so that a freed one stays invalid. */
static NCRYPT_HANDLE last_handle = 0x10000;

/* Says something on standard error, even while the process ends. */
static void say(const char *format, ...)
{
    char text[512] = "ncrypt stand-in: ";
    size_t start = strlen(text);
    va_list values;
    DWORD written;

    va_start(values, format);
    vsnprintf(text + start, sizeof(text) - start - 1, format, values);
    va_end(values);
    strcat(text, "\n");
    WriteFile(GetStdHandle(STD_ERROR_HANDLE), text, (DWORD)strlen(text), &written, NULL);
}

__attribute__((noreturn)) static void give_up(const char *what, const wchar_t *about)
{
    say("%s: %ls", what, about);
    TerminateProcess(GetCurrentProcess(), EXIT_CODE);
    for (;;)
        Sleep(INFINITE);
}

static void *allocate(size_t size)
{
    void *memory = calloc(1, size);

    if (!memory)
        give_up("no memory", L"calloc");
    return memory;
}

/* Frees memory that held a secret. */
static void release(void *memory, size_t size)
{
    if (memory)
        SecureZeroMemory(memory, size);
    free(memory);
}

static struct object *new_object(const struct provider *provider)
{
    struct object *object = allocate(sizeof(*object));

    object->handle = last_handle += 8;
    object->provider = provider;
    object->next = objects;
    objects = object;
    return object;
}

static struct object *find(NCRYPT_HANDLE handle)
{
    struct object *object = objects;

    while (object && object->handle != handle)
        object = object->next;
    return object;
}

static struct object *find_provider(NCRYPT_PROV_HANDLE handle)
{
    struct object *object = find(handle);

    return object && !object->name ? object : NULL;
}

static struct object *find_key(NCRYPT_KEY_HANDLE handle)
{
    struct object *object = find(handle);

    return object && object->name ? object : NULL;
}

static SECURITY_STATUS free_object(NCRYPT_HANDLE handle)
{
    struct object **link = &objects, *object;

    while (*link && (*link)->handle != handle)
        link = &(*link)->next;
    if (!*link)
        return NTE_INVALID_HANDLE;
    object = *link;
    *link = object->next;
    release(object->pkcs8, object->pkcs8_size);
    free(object->name);
    free(object);
    return ERROR_SUCCESS;
}

static SECURITY_STATUS open_provider(NCRYPT_PROV_HANDLE *opened, const wchar_t *name, DWORD flags)
{
    size_t i;

    if (!opened)
        return NTE_INVALID_PARAMETER;
    if (flags)
        return NTE_BAD_FLAGS;
    for (i = 0; i < ARRAYSIZE(PROVIDERS); i++) {
        if (!name || _wcsicmp(name, PROVIDERS[i].name) == 0) {
            *opened = new_object(&PROVIDERS[i])->handle;
            return ERROR_SUCCESS;
        }
    }
    /* Microsoft documents no code for it; this is CAPI's. */
    return NTE_KEYSET_NOT_DEF;
}

#define PATH_SIZE (2 * MAX_PATH + NCRYPT_MAX_KEY_NAME_LENGTH)

/* Where a file of the folder of keys is, or would be. */
static void find_path(wchar_t *path, const wchar_t *name, const wchar_t *end)
{
    DWORD length = GetEnvironmentVariableW(L"CERTSTOW_TEST_KEYS", path, 2 * MAX_PATH);

    if (length == 0 || length >= 2 * MAX_PATH)
        give_up("the variable names no folder", L"CERTSTOW_TEST_KEYS");
    swprintf(path + length, PATH_SIZE - length, L"\\%ls%ls", name, end);
}

/* A file of the folder of keys, with a zero after it, or NULL if there is none. */
static BYTE *read_file(const wchar_t *name, const wchar_t *end, DWORD *size)
{
    const DWORD largest = 0x10000;
    wchar_t path[PATH_SIZE];
    HANDLE file;
    BYTE *bytes;

    find_path(path, name, end);
    file = CreateFileW(path, GENERIC_READ, FILE_SHARE_READ, NULL, OPEN_EXISTING, 0, NULL);
    if (file == INVALID_HANDLE_VALUE)
        return NULL;
    bytes = allocate(largest + 1);
    if (!ReadFile(file, bytes, largest, size, NULL) || *size == 0 || *size == largest)
        give_up("empty, or larger than a key", path);
    CloseHandle(file);
    return bytes;
}

static DWORD trait(const char *word, const wchar_t *key)
{
    size_t i;

    for (i = 0; i < ARRAYSIZE(WORDS); i++)
        if (strcmp(word, WORDS[i].word) == 0)
            return WORDS[i].trait;
    give_up("its policy has a word that means nothing", key);
}

static void read_policy(const wchar_t *name, DWORD *policy, DWORD *traits)
{
    static const char spaces[] = " \t\r\n";
    DWORD size;
    char *text = (char *)read_file(name, L".policy", &size), *end, *word;

    if (!text)
        give_up("it has no policy", name);
    *policy = strtoul(text, &end, 0);
    if (end == text || *policy > 15)
        give_up("its policy is no number of flags", name);
    *traits = 0;
    for (word = strtok(end, spaces); word; word = strtok(NULL, spaces))
        *traits |= trait(word, name);
    free(text);
}

static DWORD legacy_key_spec(DWORD traits)
{
    if (traits & KEY_EXCHANGE)
        return AT_KEYEXCHANGE;
    return traits & SIGNATURE ? AT_SIGNATURE : 0;
}

/* Whether a key is where the caller looks for it. */
static BOOL is_there(DWORD traits, DWORD key_spec, DWORD flags)
{
    return !(traits & MACHINE) == !(flags & NCRYPT_MACHINE_KEY_FLAG)
        && legacy_key_spec(traits) == key_spec;
}

/* What is no file name is the name of no key. */
static BOOL is_file_name(const wchar_t *name)
{
    return *name && !wcspbrk(name, L"\\/:*?\"<>|");
}

static SECURITY_STATUS open_stored(const struct provider *provider, NCRYPT_KEY_HANDLE *opened,
                                   const wchar_t *name, DWORD key_spec, DWORD flags)
{
    DWORD size, policy, traits;
    struct object *key;
    BYTE *pkcs8;

    if (!is_file_name(name))
        return NTE_BAD_KEYSET;
    pkcs8 = read_file(name, L".p8", &size);
    if (!pkcs8)
        return NTE_BAD_KEYSET;
    read_policy(name, &policy, &traits);
    if (!is_there(traits, key_spec, flags)) {
        release(pkcs8, size);
        return NTE_BAD_KEYSET;
    }
    key = new_object(provider);
    key->name = _wcsdup(name);
    key->policy = policy;
    key->traits = traits;
    key->pkcs8 = pkcs8;
    key->pkcs8_size = size;
    *opened = key->handle;
    return ERROR_SUCCESS;
}

static SECURITY_STATUS open_key(NCRYPT_PROV_HANDLE handle, NCRYPT_KEY_HANDLE *opened,
                                const wchar_t *name, DWORD key_spec, DWORD flags)
{
    struct object *provider = find_provider(handle);

    if (!provider)
        return NTE_INVALID_HANDLE;
    if (!opened || !name || wcslen(name) > NCRYPT_MAX_KEY_NAME_LENGTH)
        return NTE_INVALID_PARAMETER;
    if (key_spec != 0 && key_spec != AT_KEYEXCHANGE && key_spec != AT_SIGNATURE)
        return NTE_INVALID_PARAMETER;
    if (flags & ~(NCRYPT_MACHINE_KEY_FLAG | NCRYPT_SILENT_FLAG))
        return NTE_BAD_FLAGS;
    if (provider->provider->type & NCRYPT_IMPL_HARDWARE_FLAG)
        give_up("a key in hardware is opened", provider->provider->name);
    return open_stored(provider->provider, opened, name, key_spec, flags);
}

/* Gives out `size` bytes, or how many there are. */
static SECURITY_STATUS give(const void *bytes, DWORD size, BYTE *output, DWORD room, DWORD *result)
{
    *result = size;
    if (!output)
        return ERROR_SUCCESS;
    if (room < size)
        return NTE_BUFFER_TOO_SMALL;
    memcpy(output, bytes, size);
    return ERROR_SUCCESS;
}

static SECURITY_STATUS give_text(const wchar_t *text, BYTE *output, DWORD room, DWORD *result)
{
    return give(text, (DWORD)((wcslen(text) + 1) * sizeof(*text)), output, room, result);
}

/* A key's provider, as a handle that the caller has to free. */
static SECURITY_STATUS give_provider(const struct object *key, BYTE *output, DWORD room,
                                     DWORD *result)
{
    NCRYPT_PROV_HANDLE handle = 0;

    if (output && room >= sizeof(handle))
        handle = new_object(key->provider)->handle;
    return give(&handle, sizeof(handle), output, room, result);
}

static SECURITY_STATUS get_property(NCRYPT_HANDLE handle, const wchar_t *property, BYTE *output,
                                    DWORD room, DWORD *result, DWORD flags)
{
    struct object *object = find(handle);

    if (!object)
        return NTE_INVALID_HANDLE;
    if (!property || !result || wcslen(property) > NCRYPT_MAX_PROPERTY_NAME)
        return NTE_INVALID_PARAMETER;
    if (flags & ~(NCRYPT_SILENT_FLAG | NCRYPT_PERSIST_ONLY_FLAG))
        return NTE_BAD_FLAGS;
    /* That asks for properties that a program has added, and there are none. */
    if (flags & NCRYPT_PERSIST_ONLY_FLAG)
        return NTE_NOT_FOUND;
    if (wcscmp(property, NCRYPT_NAME_PROPERTY) == 0)
        return give_text(object->name ? object->name : object->provider->name, output, room,
                         result);
    if (object->name && wcscmp(property, NCRYPT_EXPORT_POLICY_PROPERTY) == 0)
        return give(&object->policy, sizeof(object->policy), output, room, result);
    if (object->name && wcscmp(property, NCRYPT_PROVIDER_HANDLE_PROPERTY) == 0)
        return give_provider(object, output, room, result);
    if (!object->name && wcscmp(property, NCRYPT_IMPL_TYPE_PROPERTY) == 0)
        return give(&object->provider->type, sizeof(DWORD), output, room, result);
    return NTE_NOT_SUPPORTED;
}

/* What an encrypted key is asked for with. */
struct protection {
    /* UTF-16, the highest byte first, with its zero. */
    BYTE *password;
    DWORD password_size;
    const BYTE *salt;
    DWORD salt_size;
    DWORD iterations;
};

/* Takes a text in UTF-16 with one zero, at its end. */
static BOOL take_secret(const NCryptBuffer *buffer, struct protection *protection)
{
    const BYTE *secret = buffer->pvBuffer;
    DWORD i, size = buffer->cbBuffer;

    if (!secret || size < 2 || size % 2 != 0 || protection->password)
        return FALSE;
    protection->password = allocate(size);
    protection->password_size = size;
    for (i = 0; i < size; i += 2) {
        protection->password[i] = secret[i + 1];
        protection->password[i + 1] = secret[i];
        if ((secret[i] || secret[i + 1]) != (i + 2 < size))
            return FALSE;
    }
    return TRUE;
}

/* Takes an object identifier: digits and dots, with one zero at the end. */
static BOOL take_algorithm(const NCryptBuffer *buffer, const char **algorithm)
{
    const char *text = buffer->pvBuffer;
    DWORD size = buffer->cbBuffer;

    if (!text || size < 2 || text[size - 1] || *algorithm)
        return FALSE;
    *algorithm = text;
    return strspn(text, "0123456789.") == size - 1;
}

/* Takes a CRYPT_PKCS12_PBE_PARAMS with the salt right behind it. */
static BOOL take_parameters(const NCryptBuffer *buffer, struct protection *protection)
{
    const BYTE *bytes = buffer->pvBuffer;
    CRYPT_PKCS12_PBE_PARAMS parameters;

    if (!bytes || buffer->cbBuffer <= sizeof(parameters) || protection->salt)
        return FALSE;
    memcpy(&parameters, bytes, sizeof(parameters));
    protection->salt = bytes + sizeof(parameters);
    protection->salt_size = buffer->cbBuffer - sizeof(parameters);
    protection->iterations = parameters.iIterations;
    return parameters.iIterations >= 1 && parameters.cbSalt == protection->salt_size;
}

static BOOL take(const NCryptBuffer *buffer, struct protection *protection, const char **algorithm)
{
    switch (buffer->BufferType) {
    case NCRYPTBUFFER_PKCS_SECRET:
        return take_secret(buffer, protection);
    case NCRYPTBUFFER_PKCS_ALG_OID:
        return take_algorithm(buffer, algorithm);
    case NCRYPTBUFFER_PKCS_ALG_PARAM:
        return take_parameters(buffer, protection);
    default:
        return FALSE;
    }
}

/* Takes each of the three buffers once, in any order, and no other. */
static SECURITY_STATUS take_all(const NCryptBufferDesc *list, struct protection *protection)
{
    const char *algorithm = NULL;
    ULONG i;

    if (list->ulVersion != NCRYPTBUFFER_VERSION || list->cBuffers != 3 || !list->pBuffers)
        return NTE_INVALID_PARAMETER;
    for (i = 0; i < list->cBuffers; i++)
        if (!take(&list->pBuffers[i], protection, &algorithm))
            return NTE_INVALID_PARAMETER;
    /* The sample KSP's code for an algorithm that nothing implements. */
    if (strcmp(algorithm, szOID_PKCS_12_pbeWithSHA1And3KeyTripleDES) != 0)
        return NTE_INTERNAL_ERROR;
    return ERROR_SUCCESS;
}

/* The key derivation of PKCS#12 with SHA-1 (RFC 7292, appendix B.2). */

#define DIGEST 20
#define BLOCK 64

static BOOL sha1(HCRYPTPROV csp, const BYTE *bytes, DWORD size, BYTE *digest)
{
    DWORD digest_size = DIGEST;
    HCRYPTHASH hash;
    BOOL done;

    if (!CryptCreateHash(csp, CALG_SHA1, 0, 0, &hash))
        return FALSE;
    done = CryptHashData(hash, bytes, size, 0)
        && CryptGetHashParam(hash, HP_HASHVAL, digest, &digest_size, 0);
    CryptDestroyHash(hash);
    return done;
}

static DWORD whole_blocks(DWORD size)
{
    return (size + BLOCK - 1) / BLOCK * BLOCK;
}

static void fill(BYTE *output, DWORD room, const BYTE *bytes, DWORD size)
{
    DWORD i;

    for (i = 0; i < room; i++)
        output[i] = bytes[i % size];
}

/* Adds another block and one to a block, both numbers with the highest byte first. */
static void add(BYTE *block, const BYTE *other)
{
    unsigned sum = 1;
    int i;

    for (i = BLOCK - 1; i >= 0; i--) {
        sum += block[i] + other[i];
        block[i] = (BYTE)sum;
        sum >>= 8;
    }
}

/* Hashes D || I the number of times asked for, and moves I on. */
static BOOL derive_digest(HCRYPTPROV csp, BYTE *input, DWORD size, DWORD iterations, BYTE *digest)
{
    BYTE repeated[BLOCK];
    DWORD i;

    if (!sha1(csp, input, size, digest))
        return FALSE;
    for (i = 1; i < iterations; i++)
        if (!sha1(csp, digest, DIGEST, digest))
            return FALSE;
    fill(repeated, BLOCK, digest, DIGEST);
    for (i = BLOCK; i < size; i += BLOCK)
        add(input + i, repeated);
    return TRUE;
}

/* Derives `size` bytes for the purpose `id`. */
static BOOL derive(HCRYPTPROV csp, const struct protection *protection, BYTE id, BYTE *output,
                   DWORD size)
{
    DWORD salt_blocks = whole_blocks(protection->salt_size);
    DWORD password_blocks = whole_blocks(protection->password_size);
    DWORD input_size = BLOCK + salt_blocks + password_blocks, part;
    BYTE *input = allocate(input_size), digest[DIGEST];
    BOOL done = TRUE;

    fill(input, BLOCK, &id, 1);
    fill(input + BLOCK, salt_blocks, protection->salt, protection->salt_size);
    fill(input + BLOCK + salt_blocks, password_blocks, protection->password,
         protection->password_size);
    for (; done && size > 0; output += part, size -= part) {
        done = derive_digest(csp, input, input_size, protection->iterations, digest);
        part = min(size, DIGEST);
        memcpy(output, digest, part);
    }
    release(input, input_size);
    return done;
}

#define TRIPLE_DES_KEY 24
#define TRIPLE_DES_BLOCK 8

static BOOL import_key(HCRYPTPROV csp, const struct protection *protection, HCRYPTKEY *key)
{
    struct {
        BLOBHEADER header;
        DWORD size;
        BYTE key[TRIPLE_DES_KEY];
    } blob = { { PLAINTEXTKEYBLOB, CUR_BLOB_VERSION, 0, CALG_3DES }, TRIPLE_DES_KEY, { 0 } };
    BYTE iv[TRIPLE_DES_BLOCK];
    DWORD mode = CRYPT_MODE_CBC;
    BOOL done = derive(csp, protection, 1, blob.key, sizeof(blob.key))
        && derive(csp, protection, 2, iv, sizeof(iv))
        && CryptImportKey(csp, (BYTE *)&blob, sizeof(blob), 0, 0, key);

    SecureZeroMemory(&blob, sizeof(blob));
    return done && CryptSetKeyParam(*key, KP_MODE, (BYTE *)&mode, 0)
        && CryptSetKeyParam(*key, KP_IV, iv, 0);
}

/* Encrypts a key in its place, with padding, for which there is room. */
static void encrypt(const struct protection *protection, BYTE *key, DWORD *size, DWORD room)
{
    HCRYPTPROV csp;
    HCRYPTKEY cipher;

    if (!CryptAcquireContextW(&csp, NULL, NULL, PROV_RSA_AES, CRYPT_VERIFYCONTEXT))
        give_up("no provider for SHA-1 and 3DES", L"CryptAcquireContext");
    if (!import_key(csp, protection, &cipher) || !CryptEncrypt(cipher, 0, TRUE, 0, key, size, room))
        give_up("no SHA-1 or 3DES", L"CryptEncrypt");
    CryptDestroyKey(cipher);
    CryptReleaseContext(csp, 0);
}

/* DER, written from its end to its start. */

static void put(BYTE **at, const void *bytes, DWORD size)
{
    *at -= size;
    memcpy(*at, bytes, size);
}

static void put_byte(BYTE **at, DWORD byte)
{
    *--*at = (BYTE)byte;
}

/* Puts tag and length before everything that is there up to `end`. */
static void put_header(BYTE **at, BYTE tag, const BYTE *end)
{
    DWORD length = (DWORD)(end - *at), rest, count = 0;

    for (rest = length; rest > 0; rest >>= 8, count++)
        put_byte(at, rest);
    if (length >= 0x80)
        put_byte(at, 0x80 | count);
    else if (length == 0)
        put_byte(at, 0);
    put_byte(at, tag);
}

static void put_number(BYTE **at, DWORD number)
{
    const BYTE *end = *at;

    for (; number > 0; number >>= 8)
        put_byte(at, number);
    if (**at & 0x80)
        put_byte(at, 0);
    put_header(at, 0x02, end);
}

static void put_octets(BYTE **at, const BYTE *bytes, DWORD size)
{
    const BYTE *end = *at;

    put(at, bytes, size);
    put_header(at, 0x04, end);
}

/* The AlgorithmIdentifier of pbeWithSHAAnd3-KeyTripleDES-CBC. */
static void put_algorithm(BYTE **at, const struct protection *protection)
{
    static const BYTE oid[] = {
        0x06, 0x0A, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x0C, 0x01, 0x03,
    };
    const BYTE *end = *at;

    put_number(at, protection->iterations);
    put_octets(at, protection->salt, protection->salt_size);
    put_header(at, 0x30, end);
    put(at, oid, sizeof(oid));
    put_header(at, 0x30, end);
}

static SECURITY_STATUS give_encrypted(const struct object *key, const struct protection *protection,
                                      BYTE *output, DWORD room, DWORD *result)
{
    DWORD size = key->pkcs8_size;
    DWORD bytes_size = size + TRIPLE_DES_BLOCK, der_size = bytes_size + protection->salt_size + 100;
    BYTE *bytes = allocate(bytes_size), *der = allocate(der_size), *at = der + der_size;
    SECURITY_STATUS status;

    memcpy(bytes, key->pkcs8, size);
    encrypt(protection, bytes, &size, bytes_size);
    put_octets(&at, bytes, size);
    put_algorithm(&at, protection);
    put_header(&at, 0x30, der + der_size);
    status = give(at, (DWORD)(der + der_size - at), output, room, result);
    free(bytes);
    free(der);
    return status;
}

/* The public half, which is in the private key. */

/* The rest of a DER element, and what is in it: FALSE if it has not this tag, or does not end. */
static BOOL take_element(const BYTE **at, const BYTE *end, BYTE tag, const BYTE **content,
                         const BYTE **content_end)
{
    const BYTE *bytes = *at;
    DWORD length, digits;

    if (end - bytes < 2 || *bytes++ != tag)
        return FALSE;
    length = *bytes++;
    if (length & 0x80) {
        for (digits = length & 0x7F, length = 0; digits > 0 && bytes < end; digits--)
            length = length << 8 | *bytes++;
        if (digits > 0)
            return FALSE;
    }
    if ((DWORD)(end - bytes) < length)
        return FALSE;
    *content = bytes;
    *at = *content_end = bytes + length;
    return TRUE;
}

/* Takes the key out of PKCS#8 of version 1 with nothing after it. */
static BOOL take_key(const BYTE *bytes, DWORD size, BOOL *is_rsa, const BYTE **key,
                     const BYTE **key_end)
{
    static const BYTE rsa[] = { 0x06, 0x09, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x01 };
    static const BYTE ec[] = { 0x06, 0x07, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01 };
    const BYTE *end = bytes + size, *at, *stop, *algorithm, *algorithm_end, *part;

    if (!take_element(&bytes, end, 0x30, &at, &stop) || bytes != end
        || !take_element(&at, stop, 0x02, &part, &end) || end - part != 1 || *part != 0
        || !take_element(&at, stop, 0x30, &algorithm, &algorithm_end)
        || !take_element(&at, stop, 0x04, key, key_end) || at != stop)
        return FALSE;
    *is_rsa = algorithm_end - algorithm > (int)sizeof(rsa) && !memcmp(algorithm, rsa, sizeof(rsa));
    return *is_rsa
        || (algorithm_end - algorithm > (int)sizeof(ec) && !memcmp(algorithm, ec, sizeof(ec)));
}

/* Takes the coordinates of the public point out of an ECPrivateKey that ends with it. */
static BOOL take_point(const BYTE *key, const BYTE *key_end, const BYTE **point,
                       const BYTE **point_end)
{
    const BYTE *at, *stop, *part, *end;

    if (!take_element(&key, key_end, 0x30, &at, &stop) || !take_element(&at, stop, 0x02, &part, &end)
        || !take_element(&at, stop, 0x04, &part, &end)
        || !take_element(&at, stop, 0xA1, &part, &end) || at != stop
        || !take_element(&part, end, 0x03, point, point_end) || *point_end - *point < 3
        || (*point)[0] != 0 || (*point)[1] != 4)
        return FALSE;
    *point += 2;
    return TRUE;
}

/* Takes a number of DER without the zero that may be before it. */
static BOOL take_number(const BYTE **at, const BYTE *stop, const BYTE **number, const BYTE **end)
{
    if (!take_element(at, stop, 0x02, number, end) || *number == *end)
        return FALSE;
    if (**number == 0)
        ++*number;
    return TRUE;
}

static SECURITY_STATUS give_rsa(const BYTE *key, const BYTE *key_end, BYTE *output, DWORD room,
                                DWORD *result)
{
    const BYTE *at, *stop, *part, *end, *modulus, *modulus_end, *exponent, *exponent_end;
    BCRYPT_RSAKEY_BLOB head = { 0 };
    SECURITY_STATUS status;
    BYTE *blob;

    if (!take_element(&key, key_end, 0x30, &at, &stop) || !take_element(&at, stop, 0x02, &part, &end)
        || !take_number(&at, stop, &modulus, &modulus_end)
        || !take_number(&at, stop, &exponent, &exponent_end))
        return NTE_BAD_KEY;
    head.Magic = BCRYPT_RSAPUBLIC_MAGIC;
    head.cbModulus = (ULONG)(modulus_end - modulus);
    head.BitLength = 8 * head.cbModulus;
    head.cbPublicExp = (ULONG)(exponent_end - exponent);
    blob = allocate(sizeof(head) + head.cbPublicExp + head.cbModulus);
    memcpy(blob, &head, sizeof(head));
    memcpy(blob + sizeof(head), exponent, head.cbPublicExp);
    memcpy(blob + sizeof(head) + head.cbPublicExp, modulus, head.cbModulus);
    status = give(blob, sizeof(head) + head.cbPublicExp + head.cbModulus, output, room, result);
    free(blob);
    return status;
}

static SECURITY_STATUS give_point(const BYTE *key, const BYTE *key_end, BYTE *output, DWORD room,
                                  DWORD *result)
{
    const BYTE *point, *end;
    BCRYPT_ECCKEY_BLOB head;
    SECURITY_STATUS status;
    BYTE *blob;

    if (!take_point(key, key_end, &point, &end))
        return NTE_BAD_KEY;
    head.cbKey = (ULONG)(end - point) / 2;
    head.dwMagic = head.cbKey == 32 ? BCRYPT_ECDSA_PUBLIC_P256_MAGIC
        : head.cbKey == 48          ? BCRYPT_ECDSA_PUBLIC_P384_MAGIC
                                    : BCRYPT_ECDSA_PUBLIC_P521_MAGIC;
    blob = allocate(sizeof(head) + 2 * head.cbKey);
    memcpy(blob, &head, sizeof(head));
    memcpy(blob + sizeof(head), point, 2 * head.cbKey);
    status = give(blob, sizeof(head) + 2 * head.cbKey, output, room, result);
    free(blob);
    return status;
}

/* It leaves whatever the policy says, and asks nobody. */
static SECURITY_STATUS give_public(const struct object *key, BYTE *output, DWORD room,
                                   DWORD *result)
{
    const BYTE *bytes, *end;
    BOOL is_rsa;

    if (!take_key(key->pkcs8, key->pkcs8_size, &is_rsa, &bytes, &end))
        return NTE_BAD_KEY;
    return is_rsa ? give_rsa(bytes, end, output, room, result)
                  : give_point(bytes, end, output, room, result);
}

static SECURITY_STATUS check_blob_type(const wchar_t *type)
{
    size_t i;

    if (wcscmp(type, NCRYPT_PKCS8_PRIVATE_KEY_BLOB) == 0)
        return ERROR_SUCCESS;
    for (i = 0; i < ARRAYSIZE(OTHER_BLOBS); i++)
        if (wcscmp(type, OTHER_BLOBS[i]) == 0)
            return NTE_BAD_TYPE;
    return NTE_INVALID_PARAMETER;
}

/* Whether the key may leave in this form. */
static SECURITY_STATUS check_policy(const struct object *key, BOOL plain)
{
    DWORD enough = NCRYPT_ALLOW_PLAINTEXT_EXPORT_FLAG | (plain ? 0 : NCRYPT_ALLOW_EXPORT_FLAG);

    if (key->traits & UNSUPPORTED)
        return NTE_NOT_SUPPORTED;
    if (key->policy & enough)
        return ERROR_SUCCESS;
    return key->policy & NCRYPT_ALLOW_EXPORT_FLAG ? NTE_NOT_SUPPORTED : NTE_BAD_KEY_STATE;
}

/* Unlocks the key for one use: what asks for confirmation asks every time. */
static SECURITY_STATUS unlock(const struct object *key, BOOL silent)
{
    if (key->traits & ASKS) {
        if (silent)
            return NTE_SILENT_CONTEXT;
        if (key->traits & CANCELS) {
            say("a window asks, and is cancelled: %ls", key->name);
            return NTE_USER_CANCELLED;
        }
        say("a window asks, and is confirmed: %ls", key->name);
    }
    return key->traits & SEALED ? NTE_BAD_KEY_STATE : ERROR_SUCCESS;
}

static SECURITY_STATUS export_in_form(const struct object *key, const struct protection *protection,
                                      BYTE *output, DWORD room, DWORD *result, DWORD flags)
{
    BOOL plain = !protection->password;
    SECURITY_STATUS status = check_policy(key, plain);

    if (status == ERROR_SUCCESS)
        status = unlock(key, (flags & NCRYPT_SILENT_FLAG) != 0);
    if (status != ERROR_SUCCESS)
        return status;
    if (plain)
        return give(key->pkcs8, key->pkcs8_size, output, room, result);
    return give_encrypted(key, protection, output, room, result);
}

static SECURITY_STATUS export_key(NCRYPT_KEY_HANDLE handle, NCRYPT_KEY_HANDLE export_key,
                                  const wchar_t *type, const NCryptBufferDesc *list, BYTE *output,
                                  DWORD room, DWORD *result, DWORD flags)
{
    const struct object *key = find_key(handle);
    struct protection protection = { 0 };
    SECURITY_STATUS status;

    if (!key || (export_key && !find_key(export_key)))
        return NTE_INVALID_HANDLE;
    /* PKCS#8 is encrypted with a password or not at all. */
    if (export_key || !type || !result)
        return NTE_INVALID_PARAMETER;
    if (flags & ~NCRYPT_SILENT_FLAG)
        return NTE_BAD_FLAGS;
    /* It is no key yet. */
    if (key->pending)
        return NTE_BAD_KEY_STATE;
    if (wcscmp(type, BCRYPT_PUBLIC_KEY_BLOB) == 0)
        return list ? NTE_INVALID_PARAMETER : give_public(key, output, room, result);
    status = check_blob_type(type);
    if (status == ERROR_SUCCESS && list)
        status = take_all(list, &protection);
    if (status == ERROR_SUCCESS)
        status = export_in_form(key, &protection, output, room, result, flags);
    release(protection.password, protection.password_size);
    return status;
}

/* Importing a key: it is there once it is finalized, and its policy is set in between. */

/* Whether it is PKCS#8 of version 1 with nothing after the key, and the key, if it is one of an
 * elliptic curve, has its public point: Windows computes none. */
static BOOL is_plain_pkcs8(const BYTE *bytes, DWORD size)
{
    const BYTE *key, *end, *point, *point_end;
    BOOL is_rsa;

    return take_key(bytes, size, &is_rsa, &key, &end)
        && (is_rsa || take_point(key, end, &point, &point_end));
}

/* The name under which a key is to be kept, or NULL. */
static const wchar_t *new_name(const NCryptBufferDesc *list)
{
    const NCryptBuffer *buffer = list ? list->pBuffers : NULL;
    const wchar_t *name;
    size_t length;

    if (!buffer || list->ulVersion != NCRYPTBUFFER_VERSION || list->cBuffers != 1
        || buffer->BufferType != NCRYPTBUFFER_PKCS_KEY_NAME || buffer->cbBuffer % 2 != 0)
        return NULL;
    name = buffer->pvBuffer;
    length = wcsnlen(name, buffer->cbBuffer / 2);
    return (length + 1) * 2 == buffer->cbBuffer && is_file_name(name) ? name : NULL;
}

static BOOL exists(const wchar_t *name, const wchar_t *end)
{
    wchar_t path[PATH_SIZE];

    find_path(path, name, end);
    return GetFileAttributesW(path) != INVALID_FILE_ATTRIBUTES;
}

static SECURITY_STATUS import_key_of(NCRYPT_PROV_HANDLE handle, NCRYPT_KEY_HANDLE with,
                                     const wchar_t *type, const NCryptBufferDesc *list,
                                     NCRYPT_KEY_HANDLE *imported, const BYTE *bytes, DWORD size,
                                     DWORD flags)
{
    const DWORD allowed = NCRYPT_MACHINE_KEY_FLAG | NCRYPT_SILENT_FLAG | NCRYPT_DO_NOT_FINALIZE_FLAG;
    struct object *provider = find_provider(handle), *key;
    const wchar_t *name = new_name(list);

    if (!provider)
        return NTE_INVALID_HANDLE;
    if (with || !type || !imported || !bytes || !name || wcscmp(type, NCRYPT_PKCS8_PRIVATE_KEY_BLOB))
        return NTE_INVALID_PARAMETER;
    /* What is finalized at once could not be given a policy. */
    if (flags & ~allowed || !(flags & NCRYPT_DO_NOT_FINALIZE_FLAG))
        return NTE_BAD_FLAGS;
    if (provider->provider->type & NCRYPT_IMPL_HARDWARE_FLAG)
        give_up("a key is put into hardware", provider->provider->name);
    if (!is_plain_pkcs8(bytes, size))
        return NTE_BAD_DATA;
    if (exists(name, L".p8"))
        return NTE_EXISTS;
    key = new_object(provider->provider);
    key->name = _wcsdup(name);
    key->traits = flags & NCRYPT_MACHINE_KEY_FLAG ? MACHINE : 0;
    key->pkcs8 = allocate(size);
    key->pkcs8_size = size;
    memcpy(key->pkcs8, bytes, size);
    key->pending = TRUE;
    *imported = key->handle;
    return ERROR_SUCCESS;
}

static SECURITY_STATUS set_property(NCRYPT_HANDLE handle, const wchar_t *property,
                                    const BYTE *value, DWORD size, DWORD flags)
{
    struct object *key = find_key(handle);

    if (!key)
        return NTE_INVALID_HANDLE;
    if (!property || !value || wcscmp(property, NCRYPT_EXPORT_POLICY_PROPERTY) || size != sizeof(DWORD))
        return NTE_INVALID_PARAMETER;
    if (flags & ~(DWORD)(NCRYPT_SILENT_FLAG | NCRYPT_PERSIST_FLAG))
        return NTE_BAD_FLAGS;
    if (!key->pending)
        return NTE_NOT_SUPPORTED;
    memcpy(&key->policy, value, size);
    return ERROR_SUCCESS;
}

static void write_file(const wchar_t *name, const wchar_t *end, const void *bytes, DWORD size)
{
    wchar_t path[PATH_SIZE];
    DWORD written;
    HANDLE file;

    find_path(path, name, end);
    file = CreateFileW(path, GENERIC_WRITE, 0, NULL, CREATE_NEW, 0, NULL);
    if (file == INVALID_HANDLE_VALUE || !WriteFile(file, bytes, size, &written, NULL))
        give_up("cannot be written", path);
    CloseHandle(file);
}

static SECURITY_STATUS finalize(NCRYPT_KEY_HANDLE handle, DWORD flags)
{
    struct object *key = find_key(handle);
    char policy[32];

    if (!key)
        return NTE_INVALID_HANDLE;
    if (flags & ~NCRYPT_SILENT_FLAG)
        return NTE_BAD_FLAGS;
    if (!key->pending)
        return NTE_BAD_KEY_STATE;
    sprintf(policy, "%lu%s", key->policy, key->traits & MACHINE ? " machine" : "");
    write_file(key->name, L".policy", policy, (DWORD)strlen(policy));
    write_file(key->name, L".p8", key->pkcs8, key->pkcs8_size);
    key->pending = FALSE;
    return ERROR_SUCCESS;
}

static void remove_file(const wchar_t *name, const wchar_t *end)
{
    wchar_t path[PATH_SIZE];

    find_path(path, name, end);
    if (!DeleteFileW(path))
        give_up("cannot be deleted", path);
}

static SECURITY_STATUS delete_key(NCRYPT_KEY_HANDLE handle, DWORD flags)
{
    struct object *key = find_key(handle);

    if (!key)
        return NTE_INVALID_HANDLE;
    if (flags & ~NCRYPT_SILENT_FLAG)
        return NTE_BAD_FLAGS;
    if (key->pending)
        return NTE_BAD_KEY_STATE;
    remove_file(key->name, L".p8");
    remove_file(key->name, L".policy");
    /* Only then is the handle gone with the key. */
    return free_object(handle);
}

/* Naming the keys. */

/* Memory that the caller has to free. */
struct buffer {
    struct buffer *next;
    /* How many keys have been named, of a walk. */
    DWORD named;
    NCryptKeyName key;
    wchar_t name[];
};

static struct buffer *buffers;

static struct buffer *new_buffer(size_t letters)
{
    struct buffer *buffer = allocate(sizeof(*buffer) + letters * sizeof(wchar_t));

    buffer->next = buffers;
    buffers = buffer;
    return buffer;
}

static SECURITY_STATUS free_buffer(void *memory)
{
    struct buffer **link = &buffers, *buffer;

    while (*link && (void *)&(*link)->key != memory)
        link = &(*link)->next;
    if (!*link)
        return NTE_INVALID_PARAMETER;
    buffer = *link;
    *link = buffer->next;
    free(buffer);
    return ERROR_SUCCESS;
}

/* The name of the key at this place among those of the user, or of the machine: FALSE if they are
 * fewer. */
static BOOL find_name(DWORD place, BOOL machine, wchar_t *name, DWORD *traits)
{
    wchar_t pattern[PATH_SIZE];
    WIN32_FIND_DATAW found;
    BOOL there, done = FALSE;
    HANDLE search;
    DWORD policy;

    find_path(pattern, L"*", L".p8");
    search = FindFirstFileW(pattern, &found);
    for (there = search != INVALID_HANDLE_VALUE; there && !done;
         there = FindNextFileW(search, &found)) {
        wcscpy(name, found.cFileName);
        name[wcslen(name) - 3] = 0;
        read_policy(name, &policy, traits);
        done = !(*traits & MACHINE) == !machine && place-- == 0;
    }
    if (search != INVALID_HANDLE_VALUE)
        FindClose(search);
    return done;
}

static SECURITY_STATUS enum_keys(NCRYPT_PROV_HANDLE handle, const wchar_t *scope,
                                 NCryptKeyName **key, void **state, DWORD flags)
{
    struct object *provider = find_provider(handle);
    struct buffer *walk, *buffer;
    wchar_t name[MAX_PATH];
    DWORD traits;

    if (!provider)
        return NTE_INVALID_HANDLE;
    if (!key || !state || scope)
        return NTE_INVALID_PARAMETER;
    if (flags & ~(DWORD)(NCRYPT_MACHINE_KEY_FLAG | NCRYPT_SILENT_FLAG))
        return NTE_BAD_FLAGS;
    if (provider->provider->type & NCRYPT_IMPL_HARDWARE_FLAG)
        give_up("keys in hardware are looked for", provider->provider->name);
    if (!*state)
        *state = &new_buffer(0)->key;
    walk = CONTAINING_RECORD(*state, struct buffer, key);
    if (!find_name(walk->named, (flags & NCRYPT_MACHINE_KEY_FLAG) != 0, name, &traits))
        return NTE_NO_MORE_ITEMS;
    walk->named++;
    buffer = new_buffer(wcslen(name) + 1);
    wcscpy(buffer->name, name);
    buffer->key.pszName = buffer->name;
    buffer->key.dwLegacyKeySpec = legacy_key_spec(traits);
    buffer->key.dwFlags = flags & NCRYPT_MACHINE_KEY_FLAG;
    *key = &buffer->key;
    return ERROR_SUCCESS;
}

/* The functions of the library, one call at a time. */

static SECURITY_STATUS leave(SECURITY_STATUS status)
{
    ReleaseSRWLockExclusive(&lock);
    return status;
}

__declspec(dllexport) SECURITY_STATUS WINAPI NCryptOpenStorageProvider(
    NCRYPT_PROV_HANDLE *provider, LPCWSTR name, DWORD flags)
{
    AcquireSRWLockExclusive(&lock);
    return leave(open_provider(provider, name, flags));
}

__declspec(dllexport) SECURITY_STATUS WINAPI NCryptOpenKey(
    NCRYPT_PROV_HANDLE provider, NCRYPT_KEY_HANDLE *key, LPCWSTR name, DWORD key_spec, DWORD flags)
{
    AcquireSRWLockExclusive(&lock);
    return leave(open_key(provider, key, name, key_spec, flags));
}

__declspec(dllexport) SECURITY_STATUS WINAPI NCryptEnumKeys(
    NCRYPT_PROV_HANDLE provider, LPCWSTR scope, NCryptKeyName **key, PVOID *state, DWORD flags)
{
    AcquireSRWLockExclusive(&lock);
    return leave(enum_keys(provider, scope, key, state, flags));
}

__declspec(dllexport) SECURITY_STATUS WINAPI NCryptFreeBuffer(PVOID memory)
{
    AcquireSRWLockExclusive(&lock);
    return leave(free_buffer(memory));
}

__declspec(dllexport) SECURITY_STATUS WINAPI NCryptGetProperty(
    NCRYPT_HANDLE object, LPCWSTR property, PBYTE output, DWORD room, DWORD *result, DWORD flags)
{
    AcquireSRWLockExclusive(&lock);
    return leave(get_property(object, property, output, room, result, flags));
}

__declspec(dllexport) SECURITY_STATUS WINAPI NCryptExportKey(
    NCRYPT_KEY_HANDLE key, NCRYPT_KEY_HANDLE export_with, LPCWSTR type, NCryptBufferDesc *list,
    PBYTE output, DWORD room, DWORD *result, DWORD flags)
{
    AcquireSRWLockExclusive(&lock);
    return leave(export_key(key, export_with, type, list, output, room, result, flags));
}

__declspec(dllexport) SECURITY_STATUS WINAPI NCryptImportKey(
    NCRYPT_PROV_HANDLE provider, NCRYPT_KEY_HANDLE import_with, LPCWSTR type, NCryptBufferDesc *list,
    NCRYPT_KEY_HANDLE *key, PBYTE bytes, DWORD size, DWORD flags)
{
    AcquireSRWLockExclusive(&lock);
    return leave(import_key_of(provider, import_with, type, list, key, bytes, size, flags));
}

__declspec(dllexport) SECURITY_STATUS WINAPI NCryptSetProperty(
    NCRYPT_HANDLE object, LPCWSTR property, PBYTE value, DWORD size, DWORD flags)
{
    AcquireSRWLockExclusive(&lock);
    return leave(set_property(object, property, value, size, flags));
}

__declspec(dllexport) SECURITY_STATUS WINAPI NCryptFinalizeKey(NCRYPT_KEY_HANDLE key, DWORD flags)
{
    AcquireSRWLockExclusive(&lock);
    return leave(finalize(key, flags));
}

__declspec(dllexport) SECURITY_STATUS WINAPI NCryptDeleteKey(NCRYPT_KEY_HANDLE key, DWORD flags)
{
    AcquireSRWLockExclusive(&lock);
    return leave(delete_key(key, flags));
}

__declspec(dllexport) SECURITY_STATUS WINAPI NCryptFreeObject(NCRYPT_HANDLE object)
{
    AcquireSRWLockExclusive(&lock);
    return leave(free_object(object));
}

__declspec(dllexport) BOOL WINAPI NCryptIsKeyHandle(NCRYPT_KEY_HANDLE key)
{
    AcquireSRWLockExclusive(&lock);
    return leave(find_key(key) != NULL);
}

/* The other threads are gone by then, one of them perhaps with the lock. */
static void count_what_is_left(void)
{
    const struct object *object;
    const struct buffer *buffer;
    unsigned count = 0;

    for (object = objects; object; object = object->next)
        count++;
    for (buffer = buffers; buffer; buffer = buffer->next)
        count++;
    if (count > 0)
        say("%u handles were not freed", count);
}

BOOL WINAPI DllMain(HINSTANCE library, DWORD reason, void *reserved)
{
    (void)reserved;
    if (reason == DLL_PROCESS_ATTACH)
        DisableThreadLibraryCalls(library);
    if (reason == DLL_PROCESS_DETACH)
        count_what_is_left();
    return TRUE;
}
