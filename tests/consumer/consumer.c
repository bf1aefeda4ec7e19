/* The same in C. */
#include <stdio.h>

#include "puna/puna.h"

int main(void) {
  puna_error *error = NULL;
  puna_model *model = puna_model_load(DEMO_MODEL, NULL, &error);
  char *answer = model == NULL ? NULL : puna_ask(model, "Hello", NULL, &error);
  printf("C says: %s\n", answer == NULL ? puna_error_message(error) : answer);
  puna_text_free(answer);
  puna_model_free(model);
  puna_error_free(error);
  return answer == NULL;
}
