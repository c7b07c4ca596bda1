/* SPDX-License-Identifier: MIT */

#include <check.h>

#include "base/text.h"
#include "reportcli/secret_mask.h"
#include "tests/support.h"

static struct text text;

static void close_fixture(void)
{
    text_clear(&text);
}

static const struct {
    const char *line;
    const char *masked;
} secrets[] = {
    {"app --password=hunter2", "app --password=***"},
    {"app --password hunter2 -v", "app --password *** -v"},
    {"app --db-password \"hunter 2\" -v", "app --db-password \"***\" -v"},
    {"app -Password:hunter2", "app -Password:***"},
    {"app /PASSWORD:hunter2 /quiet", "app /PASSWORD:*** /quiet"},
    {"app --api_key='a b' x", "app --api_key='***' x"},
    {"app --password=a;b&c,d e", "app --password=*** e"},
    {"env PGPASSWORD=x AZURE_CLIENT_SECRET=y psql",
     "env PGPASSWORD=*** AZURE_CLIENT_SECRET=*** psql"},
    {"java -Dspring.datasource.password=x -jar a.jar",
     "java -Dspring.datasource.password=*** -jar a.jar"},
    {"curl https://h/p?id=1&access_token=abc&x=2", "curl https://h/p?id=1&access_token=***&x=2"},
    {"curl 'https://h/b?sv=1&sig=abc%2B&se=2'", "curl 'https://h/b?sv=1&sig=***&se=2'"},
    {"app \"Server=s;User Id=u;Password=p w;Database=d\"",
     "app \"Server=s;User Id=u;Password=*** w;Database=d\""},
    {"app Server=s;Pwd=p;Database=d", "app Server=s;Pwd=***;Database=d"},
    {"app \"AccountName=a;AccountKey=abc==;Suffix=core\"",
     "app \"AccountName=a;AccountKey=***;Suffix=core\""},
    {"app {\"user\":\"u\",\"password\": \"p,q\"}", "app {\"user\":\"u\",\"password\": \"***\"}"},
    {"cmdkey /add:h /user:u /pass:x", "cmdkey /add:h /user:u /pass:***"},
    {"xfreerdp /u:me /p:secret /v:h", "xfreerdp /u:me /p:*** /v:h"},
    {"git clone https://me:tok@h/r.git", "git clone https://me:***@h/r.git"},
    {"app mongodb://u:p@ss@h:27017/db", "app mongodb://u:***@h:27017/db"},
    {"app u:p@h", "app u:***@h"},
    {"curl -H 'Authorization: Bearer abcdefgh.ijk'", "curl -H 'Authorization: Bearer ***'"},
    {"curl -H \"Authorization: Basic dTpwYXNzd29yZA==\"", "curl -H \"Authorization: Basic ***\""},
    {"curl '--header=Authorization: Token abc' h", "curl '--header=Authorization: Token ***' h"},
    {"curl --header=Authorization:abc h", "curl --header=Authorization:*** h"},
    {"curl -H 'authorization: abc' h", "curl -H 'authorization: ***' h"},
    {"curl --header \"Proxy-Authorization: NTLM abc=\" h",
     "curl --header \"Proxy-Authorization: NTLM ***\" h"},
    {"wget --header='Cookie: sid=abc; theme=dark' h", "wget --header='Cookie: ***' h"},
    {"curl -H Cookie:sid=abc;b=c h", "curl -H Cookie:*** h"},
    {"curl --cookie sid=abc h", "curl --cookie *** h"},
    {"curl -s -b 'sid=abc; b=c' h", "curl -s -b '***' h"},
    {"sudo -u db /usr/bin/mysql -uroot -phunter2 db", "sudo -u db /usr/bin/mysql -uroot -p*** db"},
    {"sh -c 'mysql -phunter2 db'", "sh -c 'mysql -p*** db'"},
    {"cmd.exe /c net user bob hunter2 /add", "cmd.exe /c net user bob *** /add"},
    {"net use X: \\\\h\\s hunter2 /user:me", "net use X: \\\\h\\s *** /user:me"},
    {"net use \\\\h\\s hunter2", "net use \\\\h\\s ***"},
    {"htpasswd -b file bob hunter2", "htpasswd -b file bob ***"},
    {"curl -H X-Api-Key:abc h", "curl -H X-Api-Key:*** h"},
    {"curl -u me:secret h", "curl -u me:*** h"},
    {"curl --user me:secret h", "curl --user me:*** h"},
    {"C:\\tools\\MySQL.EXE -uroot -phunter2 db", "C:\\tools\\MySQL.EXE -uroot -p*** db"},
    {"/usr/bin/mysqldump -p'a b' db", "/usr/bin/mysqldump -p'***' db"},
    {"\"C:\\Program Files\\x\\sqlcmd.exe\" -S s -U sa -P x -d d",
     "\"C:\\Program Files\\x\\sqlcmd.exe\" -S s -U sa -P *** -d d"},
    {"plink -l me -pw x h", "plink -l me -pw *** h"},
    {"sshpass -p x ssh h", "sshpass -p *** ssh h"},
    {"tool -p hunter2", "tool -p ***"},
    {"smbclient //h/s -U me%secret", "smbclient //h/s -U me%***"},
    {"app ghp_0123456789abcdefghijABCD", "app ***"},
    {"app key=AKIAIOSFODNN7EXAMPLE", "app key=***"},
    {"app eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln", "app ***"},
    {"app --password \"never closed", "app --password \"***"},
    {"app \"-----BEGIN RSA PRIVATE KEY-----\nMII\n-----END RSA PRIVATE KEY-----\"",
     "app \"-----BEGIN RSA PRIVATE KEY-----***-----END RSA PRIVATE KEY-----\""},
};

START_TEST(a_secret_is_masked)
{
    ck_assert(secret_mask_add(&text, secrets[_i].line));
    ck_assert_str_eq(text_bytes(&text), secrets[_i].masked);
    ck_assert(secret_mask_finds(secrets[_i].line));
}
END_TEST

static const char *const harmless[] = {
    "",
    "sshd: /usr/sbin/sshd -D [listener] 0 of 10-100 startups",
    "C:\\Windows\\System32\\svchost.exe -k NetworkService -p",
    "C:\\Windows\\System32\\svchost.exe -k netsvcs -p -s Schedule",
    "ssh -p 2222 me@host",
    "docker run -p 8080:80 -p 127.0.0.1:53:53/udp image",
    "mkdir -p /tmp/x",
    "ps -p 1,2,3",
    "msbuild /p:Configuration=Release a.sln",
    "rsync -a me@host:/path/x@y .",
    "password manager",
    "app --password --user me",
    "app --token-file /run/token.txt",
    "app --password=",
    "python -m http.server --bind ::1",
    "app C:\\a@b",
    "nginx: worker process",
    "app sk-1 AKIA eyJ",
    "app Basic usage",
    "net user bob /delete",
    "net user",
    "net use X:#",
    "net use ",
    "net use X: \\\\h\\s /user:me",
    "app authorization cookie",
    "ls -b file",
    "app --user me h",
    "\xff\xfe \xc3\xa4",
};

START_TEST(what_is_no_secret_stays)
{
    ck_assert_msg(!secret_mask_add(&text, harmless[_i]), "%s", text_bytes(&text));
    ck_assert_str_eq(text_bytes(&text), harmless[_i]);
}
END_TEST

/* What was masked once holds no secret any more that would be masked otherwise. */
START_TEST(masking_twice_changes_nothing)
{
    struct text again = {0};

    (void)secret_mask_add(&text, secrets[_i].line);
    (void)secret_mask_add(&again, text_bytes(&text));
    ck_assert_str_eq(text_bytes(&again), text_bytes(&text));
    text_clear(&again);
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("secret mask");
    TCase *mask = tcase_create("mask");

    tcase_add_checked_fixture(mask, NULL, close_fixture);
    tcase_add_loop_test(mask, a_secret_is_masked, 0, COUNT_OF(secrets));
    tcase_add_loop_test(mask, what_is_no_secret_stays, 0, COUNT_OF(harmless));
    tcase_add_loop_test(mask, masking_twice_changes_nothing, 0, COUNT_OF(secrets));
    suite_add_tcase(suite, mask);
    return suite;
}

int main(void)
{
    return support_run_suite(make_suite());
}
