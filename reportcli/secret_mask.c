/* SPDX-License-Identifier: MIT */

/*
 * One walk over the bytes. At each beginning of a word the rules are asked in
 * turn; one that finds a secret says where it begins and ends. Text that
 * is cut off in the middle of a quote is a secret up to its end: rather too much
 * than too little.
 */

#include "reportcli/secret_mask.h"

#include <string.h>

/* A secret from `begin` up to `end`; what stands before it is shown. */
struct span {
    const char *begin;
    const char *end;
};

enum { LONGEST_PASSWORD = 256 }; /* in front of an @: nobody looks through the whole line for one */

static const char blanks[] = " \t\r\n";
static const char value_ends[] = " \t\r\n&;,\"'`)}]|<>";

/* A name that ends so, whatever its case and with or without - and _ in it, is one of a secret. */
static const char *const secret_names[] = {
    "password",   "passwd",     "passwort",    "passphrase", "passcode",  "pwd",
    "token",      "secret",     "apikey",      "accesskey",  "secretkey", "accountkey",
    "privatekey", "credential", "credentials", "storepass",  "keypass",   "sharedaccesskey",
    "signature",  "psk",        "userpass",    "dbpass",     "pass",
};

/* A name that is just so; it would say too much as an end of others. */
static const char *const secret_words[] = {"pw", "sig", "sas", "auth", "rp", "cookie"};

/* How an option of one program has its secret. */
enum where {
    NEXT_WORD,    /* -P secret */
    JOINED,       /* -psecret */
    BEHIND_COLON, /* -u user:secret */
    BEHIND_PERCENT,
};

/* Names of the programs between bars, as in their file names without .exe; NULL: of all. */
static const struct program_option {
    const char *programs;
    const char *option;
    enum where where;
} program_options[] = {
    {"|mysql|mysqldump|mysqladmin|mysqlimport|mysqlcheck|mariadb|mariadb-dump|", "-p", JOINED},
    {"|7z|7za|7zr|sshpass|", "-p", JOINED},
    {"|rar|unrar|", "-hp", JOINED},
    {"|rar|unrar|", "-p", JOINED},
    {"|sshpass|psexec|psexec64|psloggedon|xfreerdp|rdesktop|nxc|evil-winrm|", "-p", NEXT_WORD},
    {"|plink|pscp|psftp|putty|klink|", "-pw", NEXT_WORD},
    {"|sqlcmd|osql|bcp|isql|unzip|zip|ipmitool|", "-P", NEXT_WORD},
    {"|redis-cli|", "-a", NEXT_WORD},
    {"|ldapsearch|ldapadd|ldapmodify|ldapdelete|ldappasswd|", "-w", NEXT_WORD},
    {"|snmpget|snmpwalk|snmpset|snmpbulkwalk|", "-A", NEXT_WORD},
    {"|snmpget|snmpwalk|snmpset|snmpbulkwalk|", "-X", NEXT_WORD},
    {"|snmpget|snmpwalk|snmpset|snmpbulkwalk|", "-c", NEXT_WORD},
    {"|curl|wget|http|https|", "-u", BEHIND_COLON},
    {NULL, "--user", BEHIND_COLON},
    {NULL, "--proxy-user", BEHIND_COLON},
    {"|smbclient|rpcclient|net|mount.cifs|winexe|", "-U", BEHIND_PERCENT},
    {"|openssl|", "-k", NEXT_WORD},
    {"|curl|", "-b", NEXT_WORD},
};

/* Programs that take a secret by its place: so many words behind this one. */
static const struct program_word {
    const char *programs;
    const char *word;
    int skipped;
} program_words[] = {
    {"|net|net1|", "user", 1}, /* NAME SECRET */
    {"|net|net1|", "use", 1},  /* \\HOST\SHARE SECRET */
    {"|net|net1|", "use", 2},  /* X: \\HOST\SHARE SECRET */
    {"|htpasswd|", "-nb", 1},  /* NAME SECRET */
    {"|htpasswd|", "-b", 2},   /* FILE NAME SECRET */
    {"|htpasswd|", "-cb", 2},  {"|htpasswd|", "-bc", 2},
};

/* Headers whose whole value is a secret (RFC 9110 section 11.6, RFC 6265). */
static const char *const headers[] = {"authorization", "proxy-authorization", "cookie",
                                      "set-cookie"};

/* Tokens that are known by their beginning, and have so many more characters at least. */
static const struct token {
    const char *beginning;
    size_t least;
} tokens[] = {
    {"AKIA", 12},  {"ASIA", 12},        {"ghp_", 20},     {"gho_", 20},  {"ghs_", 20},
    {"ghu_", 20},  {"github_pat_", 20}, {"glpat-", 16},   {"xoxb-", 16}, {"xoxp-", 16},
    {"xoxa-", 16}, {"sk_live_", 12},    {"rk_live_", 12}, {"sk-", 20},   {"AIza", 24},
    {"eyJ", 24},   {"SG.", 20},         {"npm_", 20},
};

static bool is_alnum(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_in(char c, const char *set)
{
    return c != '\0' && strchr(set, c) != NULL;
}

static bool is_name_char(char c)
{
    return is_alnum(c) || is_in(c, "_-.");
}

/* The end of a text that begins with a quote: at the next one that no backslash is before. */
static const char *end_of_quoted(const char *begin)
{
    const char *at = begin + 1;

    while (*at != '\0' && *at != *begin) {
        at += *at == '\\' && at[1] != '\0' ? 2 : 1;
    }
    return at;
}

/* The value at `at`, in quotes or up to one of `ends`; false where it is empty. */
static bool take_value(const char *at, const char *ends, struct span *found)
{
    if (*at == '"' || *at == '\'') {
        found->begin = at + 1;
        found->end = end_of_quoted(at);
    } else {
        found->begin = at;
        found->end = at + strcspn(at, ends);
    }
    return found->end > found->begin;
}

/* Takes the name apart into its letters and digits in lower case, as far as they matter. */
static size_t fold_name(const char *name, size_t size, char *folded, size_t capacity)
{
    size_t count = 0;

    for (size_t i = size > capacity ? size - capacity : 0; i < size; i++) {
        if (is_alnum(name[i])) {
            folded[count++] = (char)(name[i] >= 'A' && name[i] <= 'Z' ? name[i] | 0x20 : name[i]);
        }
    }
    return count;
}

static bool is_secret_name(const char *name, size_t size)
{
    char folded[64];
    size_t count = fold_name(name, size, folded, sizeof(folded));

    for (size_t i = 0; i < sizeof(secret_names) / sizeof(secret_names[0]); i++) {
        size_t length = strlen(secret_names[i]);

        if (count >= length && memcmp(folded + count - length, secret_names[i], length) == 0) {
            return true;
        }
    }
    for (size_t i = 0; i < sizeof(secret_words) / sizeof(secret_words[0]); i++) {
        if (count == strlen(secret_words[i]) && memcmp(folded, secret_words[i], count) == 0) {
            return true;
        }
    }
    return false;
}

/* A sign between a name and its value, with blanks and the quotes of JSON around it, or NULL. */
static const char *skip_sign(const char *at)
{
    at += is_in(*at, "\"'") ? 1 : 0;
    at += strspn(at, blanks);
    if (*at != '=' && *at != ':') {
        return NULL;
    }
    at++;
    return at + strspn(at, blanks);
}

/* The argument after a name, unless it is an option itself. */
static bool take_next_word(const char *at, struct span *found)
{
    const char *next;

    at += is_in(*at, "\"'") ? 1 : 0;
    next = at + strspn(at, blanks);
    return next > at && strncmp(next, "--", 2) != 0 && take_value(next, blanks, found);
}

/* --password=X, PASSWORD=X, "password": "X", token=X&..., --password X */
static bool find_named(const char *at, const char *line, struct span *found)
{
    const char *name = at + strspn(at, "-/");
    size_t size = 0;
    bool dashed = name > at;
    bool begins = at == line || is_in(at[-1], blanks);
    const char *value;

    while (is_name_char(name[size])) {
        size++;
    }
    if (size == 0 || !is_secret_name(name, size)) {
        return false;
    }
    value = skip_sign(name + size);
    if (value != NULL && strncmp(value, "//", 2) != 0) {
        return take_value(value, begins ? blanks : value_ends, found);
    }
    return dashed && value == NULL && take_next_word(name + size, found);
}

/* /p:X and -p:X, but for the settings of build programs: /p:Name=Value. */
static bool find_short(const char *at, struct span *found)
{
    return is_in(at[0], "/-") && is_in(at[1], "pP") && at[2] == ':' &&
           take_value(at + 3, blanks, found) &&
           memchr(found->begin, '=', (size_t)(found->end - found->begin)) == NULL &&
           strspn(found->begin, "0123456789") < (size_t)(found->end - found->begin);
}

/* -p X of a program that the table does not know: no port, no path, and no option. */
static bool find_p(const char *at, struct span *found)
{
    size_t size;

    if (strncmp(at, "-p", 2) != 0 || !is_in(at[2], blanks) || !take_next_word(at + 2, found)) {
        return false;
    }
    size = (size_t)(found->end - found->begin);
    return strspn(found->begin, "0123456789:,.-/tcpudp") < size &&
           !is_in(found->begin[0], "-/.~") && memchr(found->begin, '/', size) == NULL &&
           memchr(found->begin, ':', size) == NULL;
}

/* Bearer X, Basic X; Authorization: X was found by neither name, for the scheme is no secret. */
static bool find_scheme(const char *at, struct span *found)
{
    static const char *const schemes[] = {"bearer", "basic", "negotiate", "digest"};

    for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++) {
        size_t size = strlen(schemes[i]);

        if (text_starts_fold(at, schemes[i]) && is_in(at[size], blanks)) {
            return take_value(at + size + strspn(at + size, blanks), value_ends, found) &&
                   found->end - found->begin >= 8;
        }
    }
    return false;
}

/* The value of a header, up to the end of the quote that it stands in; its scheme is shown. */
static bool find_header(const char *at, char quote, struct span *found)
{
    const char ends[] = {quote, '\0'};
    size_t size = 0;
    size_t blank;
    size_t scheme;

    for (size_t i = 0; size == 0 && i < sizeof(headers) / sizeof(headers[0]); i++) {
        size = text_starts_fold(at, headers[i]) ? strlen(headers[i]) : 0;
    }
    if (size == 0 || at[size] != ':') {
        return false;
    }
    blank = strspn(at + size + 1, blanks);
    found->begin = at + size + 1 + blank;
    scheme = strcspn(found->begin, " \"'=;:,");
    if (is_in(*at, "aApP") && found->begin[scheme] == ' ' && (quote != '\0' || blank > 0)) {
        found->begin += scheme + 1;
    }
    found->end = found->begin + strcspn(found->begin, quote != '\0' ? ends : blanks);
    return found->end > found->begin;
}

/* user:X@host, also behind a scheme. `at` is where the user begins. */
static bool find_userinfo(const char *at, struct span *found)
{
    size_t user = strcspn(at, " \t\r\n:/@\"'\\");
    const char *secret = at + user + 1;
    size_t rest = 0;

    if (at[user] != ':' || is_in(*secret, "/\\")) {
        return false;
    }
    while (rest < LONGEST_PASSWORD && !is_in(secret[rest], " \t\r\n@\"'") && secret[rest] != '\0') {
        rest++;
    }
    if (rest == 0 || secret[rest] != '@' || !is_alnum(secret[rest + 1])) {
        return false;
    }
    while (secret[rest] == '@') { /* one in the secret itself is not the last */
        size_t more = strcspn(secret + rest + 1, " \t\r\n@/\"'");

        if (secret[rest + 1 + more] != '@') {
            break;
        }
        rest += 1 + more;
    }
    *found = (struct span){secret, secret + rest};
    return true;
}

static bool find_token(const char *at, struct span *found)
{
    for (size_t i = 0; i < sizeof(tokens) / sizeof(tokens[0]); i++) {
        size_t size = strlen(tokens[i].beginning);
        size_t more = 0;

        if (strncmp(at, tokens[i].beginning, size) != 0) {
            continue;
        }
        while (is_name_char(at[size + more])) {
            more++;
        }
        if (more >= tokens[i].least) {
            *found = (struct span){at, at + size + more};
            return true;
        }
    }
    return false;
}

/* A key in PEM's form (RFC 7468). */
static bool find_private_key(const char *at, struct span *found)
{
    static const char begins[] = "-----BEGIN ";
    static const char ends[] = "-----END ";
    const char *mark;
    const char *end;

    if (strncmp(at, begins, sizeof(begins) - 1) != 0) {
        return false;
    }
    mark = strstr(at, "PRIVATE KEY-----");
    if (mark == NULL) {
        return false;
    }
    end = strstr(mark, ends);
    found->begin = mark + strlen("PRIVATE KEY-----");
    found->end = end != NULL ? end : at + strlen(at);
    return found->end > found->begin;
}

/* The file name of the program, without .exe, between bars. */
static void add_program(struct text *program, const char *line)
{
    bool quoted = *line == '"' || *line == '\'';
    const char *begin = line + (quoted ? 1 : 0);
    const char *end = quoted ? end_of_quoted(line) : line + strcspn(line, blanks);
    const char *name = begin;

    for (const char *c = begin; c < end; c++) {
        name = is_in(*c, "/\\") ? c + 1 : name;
    }
    if (end - name > 4 && text_starts_fold(end - 4, ".exe")) {
        end -= 4;
    }
    text_add_char(program, '|');
    for (const char *c = name; c < end; c++) {
        text_add_char(program, (char)(*c >= 'A' && *c <= 'Z' ? *c | 0x20 : *c));
    }
    text_add_char(program, '|');
}

static bool take_part(const char *at, char sign, struct span *found)
{
    const char *part;

    if (!take_value(at + strspn(at, blanks), blanks, found)) {
        return false;
    }
    part = memchr(found->begin, sign, (size_t)(found->end - found->begin));
    found->begin = part != NULL ? part + 1 : found->end;
    return found->end > found->begin;
}

static bool find_by_option(const struct program_option *option, const char *at, struct span *found)
{
    size_t size = strlen(option->option);

    if (strncmp(at, option->option, size) != 0) {
        return false;
    }
    at += size;
    if (option->where == JOINED) {
        return !is_in(*at, "=") && take_value(at, blanks, found);
    }
    at += *at == '=' ? 1 : 0;
    if (!is_in(*at, blanks) && at[-1] != '=') {
        return false;
    }
    if (option->where == NEXT_WORD) {
        return take_next_word(at, found);
    }
    return take_part(at, option->where == BEHIND_COLON ? ':' : '%', found);
}

static bool find_by_program(const char *program, const char *at, struct span *found)
{
    for (size_t i = 0; i < sizeof(program_options) / sizeof(program_options[0]); i++) {
        const struct program_option *option = &program_options[i];

        if ((option->programs == NULL || strstr(option->programs, program) != NULL) &&
            find_by_option(option, at, found)) {
            return true;
        }
    }
    return false;
}

static const char *skip_word(const char *at)
{
    at += is_in(*at, "\"'") ? (size_t)(end_of_quoted(at) - at) : strcspn(at, blanks);
    at += is_in(*at, "\"'") ? 1 : 0;
    return at + strspn(at, blanks);
}

/* net user NAME SECRET: behind its word so many others, none of which is an option. */
static bool find_by_place(const char *program, const char *at, struct span *found)
{
    for (size_t i = 0; i < sizeof(program_words) / sizeof(program_words[0]); i++) {
        const struct program_word *rule = &program_words[i];
        size_t size = strlen(rule->word);
        const char *last = at;
        const char *word = at;

        if (strstr(rule->programs, program) == NULL || !text_starts_fold(at, rule->word) ||
            !is_in(at[size], blanks)) {
            continue;
        }
        for (int k = 0; k <= rule->skipped && *word != '\0'; k++) {
            last = word;
            word = skip_word(word);
        }
        /* A share may stand behind a drive, or alone. */
        if ((strcmp(rule->word, "use") != 0 || is_in(last[0], "\\") || is_in(last[1], "\\")) &&
            !is_in(*word, "/-*\\") && take_value(word, blanks, found)) {
            return true;
        }
    }
    return false;
}

/* The first secret whose sign stands at `at`, the beginning of a word. */
static bool find(const char *at, const char *line, const char *program, char quote,
                 struct span *found)
{
    bool begins = at == line || is_in(at[-1], " \t\r\n\"'");

    return (begins && (find_by_program(program, at, found) || find_by_place(program, at, found))) ||
           find_header(at, quote, found) || find_named(at, line, found) ||
           (begins && find_short(at, found)) || (begins && find_p(at, found)) ||
           find_scheme(at, found) || find_userinfo(at, found) || find_token(at, found) ||
           find_private_key(at, found);
}

static bool begins_word(const char *at, const char *line)
{
    return at == line || !is_name_char(at[-1]) || (!is_name_char(*at) && *at != '\0');
}

/* Whether one of the tables has this program. */
static bool is_known(const char *program)
{
    for (size_t i = 0; i < sizeof(program_options) / sizeof(program_options[0]); i++) {
        if (program_options[i].programs != NULL &&
            strstr(program_options[i].programs, program) != NULL) {
            return true;
        }
    }
    for (size_t i = 0; i < sizeof(program_words) / sizeof(program_words[0]); i++) {
        if (strstr(program_words[i].programs, program) != NULL) {
            return true;
        }
    }
    return false;
}

/* Behind sudo, cmd /c or sh -c another program begins: from here on its options count. */
static void note_program(struct text *program, const char *word)
{
    struct text other = {0};

    add_program(&other, word);
    if (is_known(text_bytes(&other))) {
        text_reset(program);
        text_add(program, text_bytes(&other));
    }
    program->failed = program->failed || other.failed;
    text_clear(&other);
}

/* The quote that the next byte stands in, after this one. */
static char next_quote(char quote, char byte)
{
    if (quote == '\0' && is_in(byte, "\"'")) {
        return byte;
    }
    if (byte == quote) {
        return '\0';
    }
    return quote;
}

bool secret_mask_add(struct text *text, const char *command_line)
{
    struct text program = {0};
    const char *at = command_line;
    char quote = '\0';
    bool any = false;

    add_program(&program, command_line);
    while (*at != '\0') {
        bool begins = begins_word(at, command_line);
        struct span found;

        if (begins && is_alnum(*at) && at > command_line && is_in(at[-1], " \t\r\n\"'/\\")) {
            note_program(&program, at);
        }
        if (begins && find(at, command_line, text_bytes(&program), quote, &found)) {
            text_add_bytes(text, at, (size_t)(found.begin - at));
            text_add(text, "***");
            for (; at < found.begin; at++) {
                quote = next_quote(quote, *at);
            }
            at = found.end;
            any = true;
        } else {
            quote = next_quote(quote, *at);
            text_add_char(text, *at++);
        }
    }
    text->failed = text->failed || program.failed;
    text_clear(&program);
    return any;
}

bool secret_mask_finds(const char *command_line)
{
    struct text masked = {0};
    bool any = secret_mask_add(&masked, command_line) || masked.failed;

    text_clear(&masked);
    return any;
}
