/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ask.c - the requests. See cloud.h.
 */
#include "cloud.h"

#include "http.h"
#include "json.h"
#include "support.h"

#include <errno.h>
#include <stdarg.h>

#define TOKEN_SECONDS "60"

static PRINTF_LIKE(3, 4) int failed(struct cloud_error *error, int code, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(error->text, sizeof error->text, format, args);
    va_end(args);
    return code;
}

static int
parse(struct json *reader, const struct http_response *response)
{
    if (response->status != 200 || response->body == NULL ||
        json_parse(reader, response->body, response->body_len) < 0)
        return -ENOENT;
    return 0;
}

/* The answer to the token request is sent with a hop limit, 1 unless changed, which a container's
 * bridge uses up: the answer never comes, and only the timeout tells. */
static int
no_token(struct cloud_error *error, const struct http_error *cause, int code)
{
    if (cause->kind == HTTP_ERROR_TIMEOUT)
        return failed(error, code,
                      "the instance metadata service does not answer the token request (IMDSv2). "
                      "In a container the instance's hop limit must be 2: aws ec2 "
                      "modify-instance-metadata-options --instance-id ID "
                      "--http-put-response-hop-limit 2");
    return failed(error, code, "instance metadata service: %s", cause->text);
}

static int
get_token(struct http_client *http, uint64_t deadline_ns, char **ret, struct cloud_error *error)
{
    const struct http_header header = {"X-aws-ec2-metadata-token-ttl-seconds", TOKEN_SECONDS};
    const struct http_request request = {.method = "PUT",
                                         .path = "/latest/api/token",
                                         .headers = &header,
                                         .n_headers = 1,
                                         .deadline_ns = deadline_ns};
    CLEANUP(http_response_free) struct http_response response = {0};
    struct http_error cause = {0};
    int code = http_send(http, &request, &response, &cause);
    if (code < 0)
        return no_token(error, &cause, code);
    if (response.status != 200 || !cloud_is_token(response.body))
        return failed(error, -ENOENT,
                      "%s answers the IMDSv2 token request with status %d and no token: it is "
                      "not EC2's, or it is switched off",
                      http_client_name(http), response.status);
    *ret = take(response.body);
    return 0;
}

static int
get_document(struct http_client *http, const char *token, uint64_t deadline_ns,
             struct http_response *response, struct cloud_error *error)
{
    const struct http_header header = {"X-aws-ec2-metadata-token", token};
    const struct http_request request = {.path = "/latest/dynamic/instance-identity/document",
                                         .headers = &header,
                                         .n_headers = 1,
                                         .deadline_ns = deadline_ns};
    struct http_error cause = {0};
    int code = http_send(http, &request, response, &cause);
    return code < 0 ? failed(error, code, "instance metadata service: %s", cause.text) : 0;
}

int
cloud_ask_ec2(struct http_client *http, uint64_t deadline_ns, struct cloud *ret,
              struct cloud_error *error)
{
    CLEANUP(http_response_free) struct http_response response = {0};
    CLEANUP(json_freep) struct json *reader = json_new(NULL);
    CLEANUP_FREE char *token = NULL;
    int code;
    if (reader == NULL)
        return failed(error, -ENOMEM, "no memory");
    code = get_token(http, deadline_ns, &token, error);
    if (code == 0)
        code = get_document(http, token, deadline_ns, &response, error);
    if (code < 0)
        return code;
    code = parse(reader, &response);
    if (code == 0)
        code = cloud_read_identity_document(json_root(reader), ret);
    if (code < 0)
        failed(error, code, "%s: the instance identity document is not one that EC2 writes",
               http_client_name(http));
    return code;
}

int
cloud_ask_ecs(struct http_client *http, uint64_t deadline_ns, struct cloud *ret,
              struct cloud_error *error)
{
    CLEANUP(http_response_free) struct http_response response = {0};
    CLEANUP(json_freep) struct json *reader = json_new(NULL);
    struct http_error cause = {0};
    int code;
    if (reader == NULL)
        return failed(error, -ENOMEM, "no memory");
    code = http_get(http, "/task", deadline_ns, &response, &cause);
    if (code < 0)
        return failed(error, code, "task metadata endpoint: %s", cause.text);
    code = parse(reader, &response);
    if (code == 0)
        code = cloud_read_task(json_root(reader), ret);
    if (code < 0)
        failed(error, code, "%s/task: status %d without a task's ARN", http_client_name(http),
               response.status);
    return code;
}
