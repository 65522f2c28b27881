/* SPDX-License-Identifier: Apache-2.0 */
/* Facts about platforms: which target software and which operating systems are not a Linux device.
 */
#include "match/match_priv.h"

#include "base/banned.h"

/* target_sw values that say nothing, or name hardware. */
static const struct str neutral[] = {
    STR_INIT("*"),   STR_INIT("-"),     STR_INIT("x86"),      STR_INIT("x64"),
    STR_INIT("arm"), STR_INIT("arm64"), STR_INIT("embedded"), STR_INIT("multiplatforms"),
    STR_INIT("iot"),
};

/* target_sw values that are Linux. */
static const struct str linux_names[] = {
    STR_INIT("linux"), STR_INIT("linux_kernel"), STR_INIT("unix"),
    STR_INIT("gnu"),   STR_INIT("debian"),       STR_INIT("yocto"),
};

/*
 * target_sw values that are something else: other operating systems, and the ecosystems of plug-ins
 * and language packages, whose names collide with system packages most.
 */
static const struct str elsewhere[] = {
    STR_INIT(".net"),
    STR_INIT("aix"),
    STR_INIT("android"),
    STR_INIT("ansible"),
    STR_INIT("asp.net"),
    STR_INIT("atlassian"),
    STR_INIT("azure"),
    STR_INIT("browser"),
    STR_INIT("chrome"),
    STR_INIT("chrome_os"),
    STR_INIT("cpan"),
    STR_INIT("craft_cms"),
    STR_INIT("discourse"),
    STR_INIT("domino"),
    STR_INIT("dotnet"),
    STR_INIT("drupal"),
    STR_INIT("dynamics"),
    STR_INIT("eclipse"),
    STR_INIT("edge"),
    STR_INIT("electron"),
    STR_INIT("erlang"),
    STR_INIT("exchange_server"),
    STR_INIT("firefox"),
    STR_INIT("freebsd"),
    STR_INIT("gem"),
    STR_INIT("glpi"),
    STR_INIT("go"),
    STR_INIT("golang"),
    STR_INIT("gradle"),
    STR_INIT("helm"),
    STR_INIT("hp-ux"),
    STR_INIT("ios"),
    STR_INIT("ipad_os"),
    STR_INIT("ipados"),
    STR_INIT("iphone_os"),
    STR_INIT("java"),
    STR_INIT("jenkins"),
    STR_INIT("jira"),
    STR_INIT("joomla"),
    STR_INIT("joomla\\!"),
    STR_INIT("joomla!"),
    STR_INIT("kubernetes"),
    STR_INIT("laravel"),
    STR_INIT("mac"),
    STR_INIT("mac_os"),
    STR_INIT("mac_os_x"),
    STR_INIT("macos"),
    STR_INIT("magento"),
    STR_INIT("maven"),
    STR_INIT("mediawiki"),
    STR_INIT("minecraft"),
    STR_INIT("moodle"),
    STR_INIT("netbsd"),
    STR_INIT("nextcloud"),
    STR_INIT("node.js"),
    STR_INIT("nodejs"),
    STR_INIT("npm"),
    STR_INIT("nuget"),
    STR_INIT("openbsd"),
    STR_INIT("os_x"),
    STR_INIT("perl"),
    STR_INIT("php"),
    STR_INIT("pimcore"),
    STR_INIT("plone"),
    STR_INIT("prestashop"),
    STR_INIT("pypi"),
    STR_INIT("python"),
    STR_INIT("qnx"),
    STR_INIT("rails"),
    STR_INIT("redmine"),
    STR_INIT("ruby"),
    STR_INIT("ruby_on_rails"),
    STR_INIT("rust"),
    STR_INIT("safari"),
    STR_INIT("saas"),
    STR_INIT("sharepoint_server"),
    STR_INIT("shopware"),
    STR_INIT("silverstripe"),
    STR_INIT("solaris"),
    STR_INIT("swift"),
    STR_INIT("sylius"),
    STR_INIT("symfony"),
    STR_INIT("tvos"),
    STR_INIT("typo3"),
    STR_INIT("umbraco"),
    STR_INIT("universal_windows_platform"),
    STR_INIT("visual_studio_code"),
    STR_INIT("vmware"),
    STR_INIT("vmware_vsphere"),
    STR_INIT("vscode"),
    STR_INIT("vxworks"),
    STR_INIT("watchos"),
    STR_INIT("woocommerce"),
    STR_INIT("wordpress"),
    STR_INIT("wp"),
    STR_INIT("xwiki"),
    STR_INIT("zend"),
    STR_INIT("zos"),
};

static bool is_in(const struct str *list, size_t n, struct str value)
{
    for (size_t i = 0; i < n; i++)
        if (str_eq(list[i], value))
            return true;
    return false;
}
#define IS_IN(list, value) is_in(list, sizeof(list) / sizeof(list)[0], value)

enum target_sw target_sw_class(struct str value, enum platform platform)
{
    bool windows = str_starts(value, STR("windows"));
    bool linux_ = IS_IN(linux_names, value);
    if (IS_IN(neutral, value))
        return TARGET_SW_THIS;
    if (windows || linux_) {
        if (platform == PLATFORM_UNKNOWN)
            return TARGET_SW_UNCLEAR;
        return windows == (platform == PLATFORM_WINDOWS) ? TARGET_SW_THIS : TARGET_SW_OTHER;
    }
    return IS_IN(elsewhere, value) ? TARGET_SW_OTHER : TARGET_SW_UNCLEAR;
}

/* Operating systems that a Linux device is not; patterns of vendor and product. */
static const struct {
    struct str vendor, product;
} foreign[] = {
    {STR_INIT("microsoft"), STR_INIT("*")},     {STR_INIT("apple"), STR_INIT("*")},
    {STR_INIT("google"), STR_INIT("android")},  {STR_INIT("google"), STR_INIT("chrome_os")},
    {STR_INIT("freebsd"), STR_INIT("*")},       {STR_INIT("openbsd"), STR_INIT("openbsd")},
    {STR_INIT("netbsd"), STR_INIT("*")},        {STR_INIT("dragonflybsd"), STR_INIT("*")},
    {STR_INIT("oracle"), STR_INIT("solaris")},  {STR_INIT("sun"), STR_INIT("*")},
    {STR_INIT("opensolaris"), STR_INIT("*")},   {STR_INIT("illumos"), STR_INIT("*")},
    {STR_INIT("ibm"), STR_INIT("*")},           {STR_INIT("hp"), STR_INIT("*")},
    {STR_INIT("hpe"), STR_INIT("*")},           {STR_INIT("cisco"), STR_INIT("*")},
    {STR_INIT("juniper"), STR_INIT("*")},       {STR_INIT("fortinet"), STR_INIT("*")},
    {STR_INIT("vmware"), STR_INIT("esx*")},     {STR_INIT("windriver"), STR_INIT("vxworks")},
    {STR_INIT("blackberry"), STR_INIT("*")},    {STR_INIT("sgi"), STR_INIT("irix")},
    {STR_INIT("sco"), STR_INIT("*")},           {STR_INIT("novell"), STR_INIT("netware")},
    {STR_INIT("be"), STR_INIT("beos")},         {STR_INIT("haiku-os"), STR_INIT("*")},
    {STR_INIT("zephyrproject"), STR_INIT("*")}, {STR_INIT("amazon"), STR_INIT("freertos")},
    {STR_INIT("contiki-ng"), STR_INIT("*")},    {STR_INIT("riot-os"), STR_INIT("*")},
};

static bool is_foreign(const struct cpe *c)
{
    for (size_t i = 0; i < sizeof foreign / sizeof foreign[0]; i++)
        if (str_eq(c->attr[CPE_VENDOR], foreign[i].vendor) &&
            str_glob(foreign[i].product, c->attr[CPE_PRODUCT]))
            return true;
    return false;
}

enum truth platform_runs(enum platform platform, const struct criterion *c)
{
    if (platform == PLATFORM_UNKNOWN || !str_eq(c->cpe.attr[CPE_PART], STR("o")))
        return UNKNOWN_;
    bool linux_ = str_eq(c->cpe.attr[CPE_PRODUCT], STR("linux_kernel"));
    bool windows = str_eq(c->cpe.attr[CPE_VENDOR], STR("microsoft")) &&
                   str_starts(c->cpe.attr[CPE_PRODUCT], STR("windows"));
    bool versioned = !cpe_is_any(c->cpe.attr[CPE_VERSION]) && !cpe_is_na(c->cpe.attr[CPE_VERSION]);
    bool bounded =
        c->start_including.n || c->start_excluding.n || c->end_including.n || c->end_excluding.n;
    if (platform == PLATFORM_WINDOWS)
        return windows ? (str_eq(c->cpe.attr[CPE_PRODUCT], STR("windows")) && !versioned ? TRUE_
                                                                                         : UNKNOWN_)
                       : FALSE_;
    if (linux_)
        return versioned || bounded ? UNKNOWN_ : TRUE_;
    return is_foreign(&c->cpe) ? FALSE_ : UNKNOWN_;
}
