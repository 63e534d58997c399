// The keys of the workflow document. Each table feeds the checks, the hints and
// docs/reference/workflow-yaml.md.

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "kdeps/workflow/settings.hpp"

#include "schemas.hpp"

namespace kdeps::workflow {
namespace {

constexpr auto kText = FieldType::Text;
constexpr auto kFlag = FieldType::Boolean;
constexpr auto kTextList = FieldType::TextList;

std::string joined(const std::vector<std::string>& items) {
    return fmt::format("{}", fmt::join(items, ", "));
}

const KindSchema& route_schema() {
    static const KindSchema schema{
        "settings.apiServer.routes",
        "one URL that the server answers",
        {
            {.name = "path",
             .type = kText,
             .help = "the URL path, from `/`; `:name` takes one segment, `*` any, a last `*` the "
                     "rest",
             .required = true},
            {.name = "methods",
             .type = kTextList,
             .help = "HTTP methods: GET, POST, PUT, DELETE, PATCH",
             .default_text = "GET, POST"},
            {.name = "target",
             .type = kText,
             .help = "the actionId of the resource whose output is the answer",
             .default_text = "metadata.targetActionId"},
            {.name = "timeout",
             .type = FieldType::Duration,
             .help = "the longest time a run of this route may take",
             .default_text = "settings.timeout",
             .minimum = 1},
            {.name = "public",
             .type = kFlag,
             .help = "whether requests need no token on this route",
             .default_text = "false"},
            {.name = "errors",
             .type = FieldType::TextMap,
             .help =
                 "statuses of statements that fail, by SQLSTATE or its first two characters, see "
                 "Errors"},
        }};
    return schema;
}

const KindSchema& cors_schema() {
    static const KindSchema schema{
        "settings.apiServer.cors",
        "which web pages of other origins may call; without this block none",
        {
            {.name = "enableCors",
             .type = kFlag,
             .help = "whether this block is in effect",
             .default_text = "true"},
            {.name = "allowOrigins",
             .type = kTextList,
             .help = "origins such as `https://app.example`, or `*`",
             .default_text = joined(CorsSettings{}.allow_origins)},
            {.name = "allowMethods",
             .type = kTextList,
             .help = "HTTP methods",
             .default_text = joined(CorsSettings{}.allow_methods)},
            {.name = "allowHeaders",
             .type = kTextList,
             .help = "request headers",
             .default_text = joined(CorsSettings{}.allow_headers)},
            {.name = "exposeHeaders",
             .type = kTextList,
             .help = "response headers that a page may read"},
            {.name = "allowCredentials",
             .type = kFlag,
             .help = "whether cookies and credentials may be sent; not together with origin `*`",
             .default_text = "false"},
            {.name = "maxAge",
             .type = FieldType::Duration,
             .help = "how long a browser may remember the answer to its preflight request",
             .minimum = 0},
        }};
    return schema;
}

const KindSchema& auth_schema() {
    static const KindSchema schema{
        "settings.apiServer.auth",
        "what requests must show",
        {
            {.name = "token",
             .type = kText,
             .help = "the secret that requests bring as `Authorization: Bearer` or `X-API-Key`; "
                     "`${VAR}` is filled in",
             .required = true},
        }};
    return schema;
}

const KindSchema& api_server_schema() {
    static const KindSchema schema{
        "settings.apiServer",
        "the HTTP server; its presence turns it on unless `apiServerMode` is false",
        {
            {.name = "hostIp",
             .type = kText,
             .help = "the address to listen on; beyond loopback a token is needed",
             .default_text = "127.0.0.1"},
            {.name = "portNum",
             .type = FieldType::Integer,
             .help = "the TCP port",
             .default_text = "16395",
             .minimum = 1,
             .maximum = 65535},
            {.name = "routes",
             .type = FieldType::MapList,
             .help = "what is served, at least one route",
             .required = true,
             .nested = &route_schema()},
            {.name = "cors",
             .type = FieldType::Map,
             .help = "which web pages of other origins may call",
             .nested = &cors_schema()},
            {.name = "auth",
             .type = FieldType::Map,
             .help = "what requests must show",
             .nested = &auth_schema()},
            {.name = "allowedHosts",
             .type = kTextList,
             .help = "Host headers to accept besides localhost and the bound address"},
            {.name = "maxBodyBytes",
             .type = FieldType::ByteSize,
             .help = "the largest request body",
             .default_text = "10MiB",
             .minimum = 1},
            {.name = "maxConcurrent",
             .type = FieldType::Integer,
             .help = "how many requests run at once; more are answered 503",
             .default_text = "256",
             .minimum = 1,
             .maximum = 100'000},
            {.name = "rateLimit",
             .type = FieldType::Any,
             .help = "requests are not limited by rate: let a proxy in front do it",
             .support = Support::Warned},
            {.name = "trustedProxies",
             .type = FieldType::Any,
             .help = "X-Forwarded-For is never trusted: the client address is the socket's",
             .support = Support::Warned},
        }};
    return schema;
}

const KindSchema& agent_schema() {
    constexpr auto kNotInstalled =
        "packages are not installed: install them for the interpreter, or name another one with "
        "pythonVersion";
    static const KindSchema schema{
        "settings.agentSettings",
        "the surroundings of resources",
        {
            {.name = "timezone",
             .type = kText,
             .help =
                 "a time zone that this machine knows, for example `Europe/Berlin`: the variable "
                 "`TZ` in `env`, so local times in `python` resources"},
            {.name = "pythonVersion",
             .type = kText,
             .help = "the Python of `python` resources, quoted: \"3.12\"; when it is not "
                     "installed, the built-in one with a warning"},
            {.name = "env",
             .type = FieldType::TextMap,
             .help = "environment variables of `python` resources, and what `env()` finds, unless "
                     "they are set outside; `${VAR}` is filled in"},
            {.name = "pythonPackages",
             .type = FieldType::Any,
             .help = kNotInstalled,
             .support = Support::Warned},
            {.name = "requirementsFile",
             .type = FieldType::Any,
             .help = kNotInstalled,
             .support = Support::Warned},
            {.name = "pyprojectFile",
             .type = FieldType::Any,
             .help = kNotInstalled,
             .support = Support::Warned},
            {.name = "lockFile",
             .type = FieldType::Any,
             .help = kNotInstalled,
             .support = Support::Warned},
            {.name = "packages",
             .type = FieldType::Any,
             .help = "system packages are not installed",
             .support = Support::Warned},
            {.name = "osPackages",
             .type = FieldType::Any,
             .help = "system packages are not installed",
             .support = Support::Warned},
            {.name = "repositories",
             .type = FieldType::Any,
             .help = "",
             .support = Support::Ignored},
            {.name = "baseOS", .type = FieldType::Any, .help = "", .support = Support::Ignored},
            {.name = "installOllama",
             .type = FieldType::Any,
             .help = "",
             .support = Support::Ignored},
            {.name = "models", .type = FieldType::Any, .help = "", .support = Support::Ignored},
            {.name = "offlineMode",
             .type = FieldType::Any,
             .help = "",
             .support = Support::Ignored},
            {.name = "args", .type = FieldType::Any, .help = "", .support = Support::Ignored},
            {.name = "replicas", .type = FieldType::Any, .help = "", .support = Support::Ignored},
            {.name = "resources", .type = FieldType::Any, .help = "", .support = Support::Ignored},
        }};
    return schema;
}

void add_with_nested(const KindSchema& schema, std::vector<const KindSchema*>& all) {
    if (std::find(all.begin(), all.end(), &schema) != all.end()) return;
    all.push_back(&schema);
    for (const FieldSpec& field : schema.fields) {
        if (field.nested != nullptr) add_with_nested(*field.nested, all);
    }
}

}  // namespace

const KindSchema& workflow_metadata_schema() {
    static const KindSchema schema{
        "metadata",
        "what the workflow is called and what it answers",
        {
            {.name = "name",
             .type = kText,
             .help = "the name of the workflow, shown by /health and `info('name')`",
             .required = true},
            {.name = "description", .type = kText, .help = "what it is for"},
            {.name = "version", .type = kText, .help = "its version, shown by /health"},
            {.name = "targetActionId",
             .type = kText,
             .help = "the actionId of the resource whose output is the answer",
             .default_text = "required unless every route has a `target`"},
            {.name = "agents", .type = FieldType::Any, .help = "", .support = Support::Ignored},
            {.name = "author", .type = FieldType::Any, .help = "", .support = Support::Ignored},
            {.name = "authors", .type = FieldType::Any, .help = "", .support = Support::Ignored},
            {.name = "website", .type = FieldType::Any, .help = "", .support = Support::Ignored},
            {.name = "repository", .type = FieldType::Any, .help = "", .support = Support::Ignored},
            {.name = "documentation",
             .type = FieldType::Any,
             .help = "",
             .support = Support::Ignored},
        }};
    return schema;
}

const KindSchema& settings_schema() {
    static const KindSchema schema{
        "settings",
        "how the workflow is served and what it connects to",
        {
            {.name = "apiServerMode",
             .type = kFlag,
             .help = "whether to serve HTTP; otherwise the workflow runs once",
             .default_text = "true with apiServer, else false"},
            {.name = "apiServer",
             .type = FieldType::Map,
             .help = "the HTTP server: address, port and routes",
             .nested = &api_server_schema()},
            {.name = "hostIp",
             .type = kText,
             .help = "as apiServer.hostIp, which wins",
             .default_text = "127.0.0.1"},
            {.name = "portNum",
             .type = FieldType::Integer,
             .help = "as apiServer.portNum, which wins",
             .default_text = "16395",
             .minimum = 1,
             .maximum = 65535},
            {.name = "timeout",
             .type = FieldType::Duration,
             .help = "the longest time a run may take",
             .default_text = "60s when serving; none for a single run",
             .minimum = 1},
            {.name = "maxResultBytes",
             .type = FieldType::ByteSize,
             .help = "the largest result of one statement in memory",
             .default_text = "64MiB",
             .minimum = 1},
            {.name = "agentSettings",
             .type = FieldType::Map,
             .help = "the surroundings of resources",
             .nested = &agent_schema()},
            {.name = "sqlConnections",
             .type = FieldType::Any,
             .help = "names of databases, each a map with `connection` and `pool`"},
            {.name = "webServerMode",
             .type = FieldType::Any,
             .help = "serve files and proxied programs with a web server of their own",
             .support = Support::Refused},
            {.name = "webServer",
             .type = FieldType::Any,
             .help = "serve files and proxied programs with a web server of their own",
             .support = Support::Refused},
            {.name = "webApp",
             .type = FieldType::Any,
             .help = "serve files and proxied programs with a web server of their own",
             .support = Support::Refused},
            {.name = "certFile",
             .type = FieldType::Any,
             .help = "the server speaks plain HTTP: let a proxy in front do TLS",
             .support = Support::Refused},
            {.name = "keyFile",
             .type = FieldType::Any,
             .help = "the server speaks plain HTTP: let a proxy in front do TLS",
             .support = Support::Refused},
            {.name = "session",
             .type = FieldType::Any,
             .help = "keep what belongs to a user in a database, under an id that requests bring",
             .support = Support::Refused},
            {.name = "input",
             .type = FieldType::Any,
             .help = "workflows are started by HTTP requests or run once",
             .support = Support::Refused},
            {.name = "llm",
             .type = FieldType::Any,
             .help = "language models are out of scope",
             .support = Support::Refused},
        }};
    return schema;
}

const KindSchema& workflow_schema() {
    static const KindSchema schema{
        "the workflow",
        "the document in workflow.yaml that describes the whole",
        {
            {.name = "apiVersion",
             .type = kText,
             .help = "`kdeps.io/v1`",
             .default_text = "kdeps.io/v1"},
            {.name = "kind", .type = kText, .help = "`Workflow`", .default_text = "Workflow"},
            {.name = "metadata",
             .type = FieldType::Map,
             .help = "what the workflow is called and what it answers",
             .required = true,
             .nested = &workflow_metadata_schema()},
            {.name = "settings",
             .type = FieldType::Map,
             .help = "how the workflow is served and what it connects to",
             .nested = &settings_schema()},
            {.name = "resources",
             .type = FieldType::Any,
             .help = "resources in the workflow itself: a list of what stands in `resources/`"},
            {.name = "tests",
             .type = FieldType::Any,
             .help = "what `kdeps test` tries: a list, as in `tests/*.yaml`"},
        }};
    return schema;
}

std::vector<const KindSchema*> workflow_schemas() {
    static const KindSchema run = ResourceSchemas({}).body();
    std::vector<const KindSchema*> all;
    for (const KindSchema* root : {&workflow_schema(), &identity_schema(), &run}) {
        add_with_nested(*root, all);
    }
    return all;
}

}  // namespace kdeps::workflow
