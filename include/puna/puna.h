/* Puna from C, and from whatever calls C: a model, questions to it, agents with tools.
 *
 *   puna_error *error = NULL;
 *   puna_model *model = puna_model_load("model.gguf", NULL, &error);
 *   char *answer = puna_ask(model, "What is a GGUF file?", NULL, &error);
 *
 * Stable       Functions and members of structs are only ever added, at the end. Options begin with their size, as
 *              their ..._INIT says: a program that was compiled with an older header goes on working. 0 and NULL are
 *              the default of every option.
 * Errors       What can fail returns NULL or -1, and, if `error` is not NULL, sets *error to an error that the caller
 *              frees; else it leaves *error alone. Nothing throws.
 * Text         UTF-8, ended by a NUL. What a function returns as char * is the caller's: puna_text_free().
 * Ownership    Whoever makes a handle frees it; NULL may be freed. Handles hold what they need of each other: a model
 *              may be freed before its agents.
 * Threads      A model and a cancel handle: any. An agent, and everything it hands out: one caller at a time. Callbacks
 *              come on the thread of the call that they belong to, and must not free its handles. */
#ifndef PUNA_PUNA_H
#define PUNA_PUNA_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The library's own version, "0.1.0". The text lives as long as the program. */
const char* puna_version(void);

/* ---- errors ---------------------------------------------------------------------------------------------------- */

typedef enum puna_code {
  PUNA_OK = 0,
  PUNA_INVALID_ARGUMENT = 1, /* asking again with the same value fails again */
  PUNA_NOT_FOUND = 2,
  PUNA_UNAVAILABLE = 3, /* it exists and cannot be used now */
  PUNA_LIMIT = 4,       /* a stated limit would be passed; the message says both sizes */
  PUNA_CANCELLED = 5,
  PUNA_CORRUPT = 6, /* data was read and is damaged, or of another format */
  PUNA_IO = 7,
  PUNA_INTERNAL = 8
} puna_code;

typedef struct puna_error puna_error;
puna_code puna_error_code(const puna_error* error);      /* PUNA_OK for NULL */
const char* puna_error_message(const puna_error* error); /* what, where, which value; lives as the error does */
const char* puna_error_hint(const puna_error* error);    /* what to try; may be empty */
void puna_error_free(puna_error* error);
void puna_text_free(char* text);

/* ---- stopping -------------------------------------------------------------------------------------------------- */

/* Ends calls that were given it, in the middle of a token if need be. Stays asked for. */
typedef struct puna_cancel puna_cancel;
puna_cancel* puna_cancel_new(void); /* NULL: no memory */
void puna_cancel_request(puna_cancel* cancel);
void puna_cancel_free(puna_cancel* cancel);

/* ---- a model --------------------------------------------------------------------------------------------------- */

typedef struct puna_model puna_model;

typedef struct puna_model_options {
  size_t size;
  int window_tokens;         /* of each conversation; 0 = trained, at most 8192 */
  int sequences_max;         /* conversations computed at once; 0 = 8 */
  int threads;               /* 0 = physical cores, at most 8 */
  int deterministic;         /* not 0: the same prompt and seed give the same tokens, whatever runs beside */
  const char* chat_template; /* Jinja source instead of the model's own */
} puna_model_options;
#define PUNA_MODEL_OPTIONS_INIT {sizeof(puna_model_options), 0, 0, 0, 0, NULL}

/* A GGUF file, or a model card that names one (model.json). Reads the whole file. */
puna_model* puna_model_load(const char* file, const puna_model_options* options, puna_error** error);
void puna_model_free(puna_model* model);
int puna_model_window(const puna_model* model); /* tokens */

/* The text's tokens as text of a user: it never becomes a control token. Writes at most `capacity` of them, and returns
 * how many there are, so that a call with capacity 0 counts; -1 on failure. */
int64_t puna_tokenize(puna_model* model, const char* text, int32_t* tokens, size_t capacity, puna_error** error);
/* The text of tokens. */
char* puna_detokenize(puna_model* model, const int32_t* tokens, size_t count, puna_error** error);

/* ---- one question ---------------------------------------------------------------------------------------------- */

/* A piece of an answer, as it comes: whole characters. Not 0 ends the call as a cancel would. */
typedef int (*puna_on_text)(void* user, const char* text);

typedef struct puna_ask_options {
  size_t size;
  const char* system;   /* system prompt */
  const char* schema;   /* JSON Schema as text: the answer is JSON that fits it */
  const char* sampling; /* {"temperature": 0.7, "top_k": 40, "seed": 1}, by the names of docs/sampling.md */
  int tokens_max;       /* of the answer; 0 = what is left of the window */
  puna_on_text on_text;
  void* user; /* for on_text */
  puna_cancel* cancel;
} puna_ask_options;
#define PUNA_ASK_OPTIONS_INIT {sizeof(puna_ask_options), NULL, NULL, NULL, 0, NULL, NULL, NULL}

/* The model's answer; nothing of it is remembered. One that tokens_max or the window cuts is given as far as it came;
 * with a schema that is PUNA_LIMIT, and an answer that does not fit in something that no grammar enforces is
 * PUNA_CORRUPT. */
char* puna_ask(puna_model* model, const char* prompt, const puna_ask_options* options, puna_error** error);

/* Independent questions at the same time, on the one engine: none sees another. answers[i] is the answer to prompts[i],
 * or NULL, and then errors[i], if errors is not NULL, says why. on_text is not called. Returns how many were answered,
 * -1 when nothing could be asked. */
int64_t puna_ask_all(puna_model* model, const char* const* prompts, size_t count, const puna_ask_options* options,
                     char** answers, puna_error** errors, puna_error** error);

/* ---- an agent: a conversation that is kept, with or without tools ----------------------------------------------- */

typedef struct puna_agent puna_agent;

typedef struct puna_agent_options {
  size_t size;
  const char* system;        /* NULL = Puna's own if there are tools when it first runs; "" = none */
  const char* sampling;      /* as above */
  int turns_max;             /* calls of the model in a run; 0 = 20 */
  int64_t output_tokens_max; /* in a run; 0 = 16384 */
  int64_t milliseconds_max;  /* of a run; 0 = ten minutes */
  uint64_t id;               /* tells agents of one model apart; 0 = the next that is free */
} puna_agent_options;
#define PUNA_AGENT_OPTIONS_INIT {sizeof(puna_agent_options), NULL, NULL, 0, 0, 0, 0}

puna_agent* puna_agent_new(puna_model* model, const puna_agent_options* options, puna_error** error);
/* A second agent that goes on from here, with the same tools; what the model holds is not computed again. */
puna_agent* puna_agent_fork(puna_agent* agent, puna_error** error);
void puna_agent_free(puna_agent* agent);

/* What a tool tells the model. Exactly one of the two, once; neither is an empty text. */
typedef struct puna_tool_result puna_tool_result;
void puna_tool_succeed(puna_tool_result* result, const char* text);
void puna_tool_fail(puna_tool_result* result, const char* message); /* the model reads it, and the run goes on */
/* arguments: a JSON object that fits the tool's schema. */
typedef void (*puna_tool)(void* user, const char* arguments, puna_tool_result* result);

/* parameters: JSON Schema of type object, as text; NULL = no arguments. Before the first run. Returns 0, or -1. */
int puna_agent_add_tool(puna_agent* agent, const char* name, const char* description, const char* parameters,
                        puna_tool tool, void* user, puna_error** error);

/* Why a run ended; its agent may go on after each. */
typedef enum puna_stop {
  PUNA_ANSWERED = 0,
  PUNA_TURNS_MAX = 1,
  PUNA_OUTPUT_TOKENS_MAX = 2,
  PUNA_TIME_MAX = 3,
  PUNA_WINDOW_FULL = 4,
  PUNA_REPEATED_CALL = 5,
  PUNA_MALFORMED_REPLIES = 6,
  PUNA_STOPPED = 7
} puna_stop;

typedef struct puna_run_options {
  size_t size;
  puna_on_text on_text; /* text of every turn */
  void* user;           /* for on_text */
  puna_cancel* cancel;
  puna_stop* stop; /* set where the run ends without an error */
} puna_run_options;
#define PUNA_RUN_OPTIONS_INIT {sizeof(puna_run_options), NULL, NULL, NULL, NULL}

/* A task to its end: the model's last text, complete only if it was answered. */
char* puna_agent_run(puna_agent* agent, const char* task, const puna_run_options* options, puna_error** error);
/* A task whose answer is JSON that fits the schema; with tools they are used first. */
char* puna_agent_ask(puna_agent* agent, const char* task, const char* schema, const puna_run_options* options,
                     puna_error** error);

typedef struct puna_window {
  size_t size;         /* set by the caller, as in {sizeof(puna_window), 0, 0, 0} */
  int64_t used_tokens; /* of the conversation and the tools, as the next prompt would have them */
  int64_t window_tokens;
  double percent;
} puna_window;
/* Returns 0, or -1. */
int puna_agent_window(puna_agent* agent, puna_window* window, puna_error** error);
/* Forgets all but the system prompt. */
void puna_agent_clear(puna_agent* agent);
/* Forgets all but the system prompt and the last so many tasks, each with all that belongs to it. Returns how many
 * messages were forgotten. */
size_t puna_agent_keep_recent(puna_agent* agent, size_t tasks);
/* The conversation, one JSON message a line. */
char* puna_agent_transcript(puna_agent* agent, puna_error** error);

#ifdef __cplusplus
}
#endif

#endif
