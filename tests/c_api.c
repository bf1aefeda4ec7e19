/* The C header as a program in C uses it: `c_api MODEL`. Compiled as C11, pedantic. Exit status 0: all of it holds. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "puna/puna.h"

static int failures = 0;

static void check(int is_true, const char *what, int line) {
  if (!is_true) {
    ++failures;
    fprintf(stderr, "c_api.c:%d: %s\n", line, what);
  }
}
#define CHECK(condition) check((condition) != 0, #condition, __LINE__)

/* Checks that an error has this code and a message, and frees it. */
static void check_error(puna_error **error, puna_code code, int line) {
  if (puna_error_code(*error) != code || (code != PUNA_OK && *puna_error_message(*error) == '\0')) {
    ++failures;
    fprintf(stderr, "c_api.c:%d: code %d: %s\n", line, (int)puna_error_code(*error), puna_error_message(*error));
  }
  puna_error_free(*error);
  *error = NULL;
}
#define EXPECT(code) check_error(&error, (code), __LINE__)

struct heard {
  char text[4096];
  int pieces;
  int pieces_max; /* then it has heard enough; 0 = never */
};

static int hear(void *user, const char *text) {
  struct heard *heard = user;
  ++heard->pieces;
  strncat(heard->text, text, sizeof(heard->text) - strlen(heard->text) - 1);
  return heard->pieces_max != 0 && heard->pieces >= heard->pieces_max;
}

static void test_loading(const char *file) {
  puna_error *error = NULL;
  puna_model_options options = PUNA_MODEL_OPTIONS_INIT;
  CHECK(puna_model_load("/nowhere/model.gguf", NULL, &error) == NULL);
  EXPECT(PUNA_NOT_FOUND);
  CHECK(puna_model_load("/nowhere/model.gguf", NULL, NULL) == NULL); /* nobody wants the error */
  CHECK(puna_model_load(NULL, NULL, &error) == NULL);
  EXPECT(PUNA_INVALID_ARGUMENT);
  options.size = 0;
  CHECK(puna_model_load(file, &options, &error) == NULL);
  EXPECT(PUNA_INVALID_ARGUMENT);
  options.size = sizeof options;
  options.chat_template = "{% if %}";
  CHECK(puna_model_load(file, &options, &error) == NULL);
  CHECK(error != NULL);
  puna_error_free(error);
  CHECK(strlen(puna_version()) >= 5);
  CHECK(puna_error_code(NULL) == PUNA_OK);
  puna_model_free(NULL);
  puna_agent_free(NULL);
  puna_cancel_free(NULL);
  puna_error_free(NULL);
  puna_text_free(NULL);
}

/* A program that was compiled with an older header, or a newer one. */
static void test_other_versions(const char *file) {
  struct newer {
    puna_model_options known;
    int64_t unknown; /* as large as the alignment: what lies behind a member may be anything */
  } newer = {PUNA_MODEL_OPTIONS_INIT, 0};
  struct older {
    size_t size;
    int window_tokens;
    int sequences_max;
  } older = {sizeof(struct older), 256, 0};
  puna_error *error = NULL;
  puna_model *model = puna_model_load(file, (const puna_model_options *)(const void *)&older, &error);
  EXPECT(PUNA_OK);
  CHECK(puna_model_window(model) == 256);
  puna_model_free(model);
  newer.known.size = sizeof newer;
  newer.known.window_tokens = 256;
  model = puna_model_load(file, &newer.known, &error);
  EXPECT(PUNA_OK);
  puna_model_free(model);
  newer.unknown = 1;
  CHECK(puna_model_load(file, &newer.known, &error) == NULL);
  EXPECT(PUNA_INVALID_ARGUMENT);
}

static void test_tokens(puna_model *model) {
  puna_error *error = NULL;
  int32_t tokens[64];
  const char *said = "Hello, w\xc3\xb6rld";
  const int64_t count = puna_tokenize(model, said, NULL, 0, &error);
  char *text;
  EXPECT(PUNA_OK);
  CHECK(count > 0 && count < 64);
  CHECK(puna_tokenize(model, said, tokens, 64, &error) == count);
  text = puna_detokenize(model, tokens, (size_t)count, &error);
  CHECK(text != NULL && strstr(text, said) != NULL);
  puna_text_free(text);
  tokens[0] = -1;
  CHECK(puna_detokenize(model, tokens, 1, &error) == NULL);
  EXPECT(PUNA_INVALID_ARGUMENT);
  CHECK(puna_tokenize(model, "\xff", NULL, 0, &error) == -1);
  EXPECT(PUNA_INVALID_ARGUMENT);
  CHECK(puna_tokenize(NULL, "a", NULL, 0, &error) == -1);
  EXPECT(PUNA_INVALID_ARGUMENT);
}

static void test_questions(puna_model *model) {
  puna_error *error = NULL;
  struct heard heard = {"", 0, 0};
  puna_ask_options options = PUNA_ASK_OPTIONS_INIT;
  char *answer;
  options.sampling = "{\"temperature\": 0}";
  options.on_text = hear;
  options.user = &heard;
  answer = puna_ask(model, "Hello", &options, &error);
  EXPECT(PUNA_OK);
  CHECK(answer != NULL && strcmp(answer, heard.text) == 0);
  CHECK(heard.pieces > 1);
  puna_text_free(answer);

  options.on_text = NULL;
  options.schema = "{\"type\": \"object\", \"required\": [\"age\"], \"properties\": {\"age\": {\"type\": \"integer\"}}}";
  answer = puna_ask(model, "Mira Holt is 34 years old.", &options, &error);
  EXPECT(PUNA_OK);
  CHECK(answer != NULL && strstr(answer, "\"age\"") != NULL);
  puna_text_free(answer);
  options.tokens_max = 2; /* too few for the JSON */
  CHECK(puna_ask(model, "Mira Holt is 34 years old.", &options, &error) == NULL);
  EXPECT(PUNA_LIMIT);
  options.schema = "{";
  CHECK(puna_ask(model, "Hello", &options, &error) == NULL);
  EXPECT(PUNA_INVALID_ARGUMENT);
  options.schema = NULL;
  options.sampling = "{\"temprature\": 0}";
  CHECK(puna_ask(model, "Hello", &options, &error) == NULL);
  CHECK(strstr(puna_error_hint(error), "temperature") != NULL);
  EXPECT(PUNA_INVALID_ARGUMENT);
}

static void test_stopping(puna_model *model) {
  puna_error *error = NULL;
  struct heard heard = {"", 0, 1};
  puna_ask_options options = PUNA_ASK_OPTIONS_INIT;
  options.sampling = "{\"temperature\": 2, \"logit_bias\": []}";
  options.on_text = hear;
  options.user = &heard;
  options.system = "You tell long stories.";
  puna_text_free(puna_ask(model, "Tell me a very long story", &options, &error));
  if (error != NULL) { /* the story had more than one piece */
    EXPECT(PUNA_CANCELLED);
  }
  options.on_text = NULL;
  options.cancel = puna_cancel_new();
  puna_cancel_request(options.cancel);
  CHECK(puna_ask(model, "Hello", &options, &error) == NULL);
  EXPECT(PUNA_CANCELLED);
  puna_cancel_free(options.cancel);
}

static void test_many(puna_model *model) {
  enum { kCount = 5 };
  const char *prompts[kCount] = {"Hello", "What is your name?", "Hello", "Thanks", "Hello"};
  char *answers[kCount];
  puna_error *errors[kCount] = {NULL, NULL, NULL, NULL, NULL};
  puna_error *error = NULL;
  puna_ask_options options = PUNA_ASK_OPTIONS_INIT;
  int i;
  options.sampling = "{\"temperature\": 0}";
  CHECK(puna_ask_all(model, prompts, kCount, &options, answers, errors, &error) == kCount);
  EXPECT(PUNA_OK);
  CHECK(answers[0] != NULL && answers[2] != NULL && strcmp(answers[0], answers[2]) == 0);
  for (i = 0; i < kCount; ++i) {
    char *alone = puna_ask(model, prompts[i], &options, &error);
    CHECK(errors[i] == NULL && answers[i] != NULL && alone != NULL && strcmp(answers[i], alone) == 0);
    puna_text_free(alone);
    puna_text_free(answers[i]);
  }
  prompts[1] = NULL;
  CHECK(puna_ask_all(model, prompts, kCount, &options, answers, errors, &error) == -1);
  EXPECT(PUNA_INVALID_ARGUMENT);
  CHECK(puna_ask_all(model, NULL, 0, NULL, NULL, NULL, &error) == 0);
}

struct calls {
  int count;
  char arguments[256];
  int fails;
};

static void calculate(void *user, const char *arguments, puna_tool_result *result) {
  struct calls *calls = user;
  ++calls->count;
  snprintf(calls->arguments, sizeof calls->arguments, "%s", arguments);
  if (calls->fails) {
    puna_tool_fail(result, "the calculator is broken");
  } else {
    puna_tool_succeed(result, "173412");
  }
}

static const char *kExpression =
    "{\"type\": \"object\", \"required\": [\"expression\"], \"properties\": {\"expression\": {\"type\": \"string\","
    " \"description\": \"For example 12 * (3 + 4).\"}}}";

static void test_tools(puna_model *model) {
  puna_error *error = NULL;
  struct calls calls = {0, "", 0};
  struct heard heard = {"", 0, 0};
  puna_run_options options = PUNA_RUN_OPTIONS_INIT;
  puna_agent_options about = PUNA_AGENT_OPTIONS_INIT;
  puna_stop stop = PUNA_STOPPED;
  puna_agent *agent;
  char *text;
  about.sampling = "{\"temperature\": 0}";
  agent = puna_agent_new(model, &about, &error);
  EXPECT(PUNA_OK);
  CHECK(puna_agent_add_tool(agent, "no name", "x", NULL, calculate, &calls, &error) == -1);
  EXPECT(PUNA_INVALID_ARGUMENT);
  CHECK(puna_agent_add_tool(agent, "calculator", "x", "{", calculate, &calls, &error) == -1);
  EXPECT(PUNA_INVALID_ARGUMENT);
  CHECK(puna_agent_add_tool(agent, "calculator", "Evaluate an arithmetic expression.", kExpression, calculate, &calls,
                            &error) == 0);
  EXPECT(PUNA_OK);
  options.on_text = hear;
  options.user = &heard;
  options.stop = &stop;
  text = puna_agent_run(agent, "What is 4817 * 36?", &options, &error);
  EXPECT(PUNA_OK);
  CHECK(text != NULL && strstr(text, "173412") != NULL);
  CHECK(stop == PUNA_ANSWERED);
  CHECK(calls.count == 1 && strstr(calls.arguments, "4817 * 36") != NULL);
  CHECK(strstr(heard.text, "173412") != NULL);
  puna_text_free(text);
  CHECK(puna_agent_add_tool(agent, "late", "x", NULL, calculate, &calls, &error) == -1);
  EXPECT(PUNA_INVALID_ARGUMENT);

  calls.fails = 1;
  puna_text_free(puna_agent_run(agent, "What is 12 * 12?", NULL, &error));
  EXPECT(PUNA_OK);
  text = puna_agent_transcript(agent, &error);
  CHECK(text != NULL && strstr(text, "the calculator is broken") != NULL);
  puna_text_free(text);
  puna_agent_free(agent);
}

static int64_t used(puna_agent *agent) {
  puna_window window = {sizeof(puna_window), 0, 0, 0};
  puna_error *error = NULL;
  CHECK(puna_agent_window(agent, &window, &error) == 0);
  EXPECT(PUNA_OK);
  CHECK(window.window_tokens == 1024);
  CHECK(window.percent >= 0 && window.percent < 100);
  return window.used_tokens;
}

static void say(puna_agent *agent, const char *text) {
  puna_error *error = NULL;
  char *answer = puna_agent_run(agent, text, NULL, &error);
  EXPECT(PUNA_OK);
  CHECK(answer != NULL && *answer != '\0');
  puna_text_free(answer);
}

/* Takes the model: frees it before the agents that use it. */
static void test_conversations(puna_model *model) {
  puna_error *error = NULL;
  puna_agent_options about = PUNA_AGENT_OPTIONS_INIT;
  puna_window none = {0, 0, 0, 0};
  puna_agent *agent;
  puna_agent *other;
  int64_t after_one;
  int64_t after_two;
  char *answer;
  about.sampling = "{\"temperature\": 0}";
  about.turns_max = -1;
  CHECK(puna_agent_new(model, &about, &error) == NULL);
  EXPECT(PUNA_INVALID_ARGUMENT);
  CHECK(puna_agent_new(NULL, NULL, &error) == NULL);
  EXPECT(PUNA_INVALID_ARGUMENT);
  about.turns_max = 4;
  agent = puna_agent_new(model, &about, &error);
  EXPECT(PUNA_OK);
  puna_model_free(model);
  CHECK(used(agent) == 0);
  say(agent, "Hello");
  after_one = used(agent);
  say(agent, "Hello again");
  after_two = used(agent);
  CHECK(after_one > 0 && after_two > after_one);

  other = puna_agent_fork(agent, &error);
  EXPECT(PUNA_OK);
  CHECK(used(other) == after_two);
  say(other, "Thanks");
  CHECK(used(other) > after_two && used(agent) == after_two);
  CHECK(puna_agent_keep_recent(other, 1) == 4);
  CHECK(used(other) < after_two);
  puna_agent_free(other);

  puna_agent_clear(agent);
  CHECK(used(agent) == 0);
  answer = puna_agent_ask(agent, "Mira Holt is 34 years old.",
                          "{\"type\": \"object\", \"required\": [\"age\"],"
                          " \"properties\": {\"age\": {\"type\": \"integer\"}}}",
                          NULL, &error);
  EXPECT(PUNA_OK);
  CHECK(answer != NULL && strncmp(answer, "{\"age\":", 7) == 0);
  puna_text_free(answer);
  CHECK(puna_agent_window(agent, &none, &error) == -1);
  EXPECT(PUNA_INVALID_ARGUMENT);
  CHECK(puna_agent_run(NULL, "Hello", NULL, &error) == NULL);
  EXPECT(PUNA_INVALID_ARGUMENT);
  puna_agent_free(agent);
}

int main(int argc, char **argv) {
  puna_error *error = NULL;
  puna_model_options options = PUNA_MODEL_OPTIONS_INIT;
  puna_model *model;
  if (argc != 2) {
    fprintf(stderr, "usage: c_api MODEL\n");
    return 2;
  }
  test_loading(argv[1]);
  test_other_versions(argv[1]);
  options.window_tokens = 1024;
  options.deterministic = 1;
  model = puna_model_load(argv[1], &options, &error);
  EXPECT(PUNA_OK);
  if (model == NULL) {
    return 1;
  }
  CHECK(puna_model_window(model) == 1024);
  test_tokens(model);
  test_questions(model);
  test_stopping(model);
  test_many(model);
  test_tools(model);
  test_conversations(model);
  printf("%s, Puna %s\n", failures == 0 ? "ok" : "failed", puna_version());
  return failures == 0 ? 0 : 1;
}
