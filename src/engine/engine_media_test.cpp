// Media among the words of prompts, on a library that holds the engine to its contract: a batch is all words or all
// media, every medium's row has its vector, and what is shared is the same content.
#include <gtest/gtest.h>

#include "engine/prompt_check.h"
#include "engine/test_core.h"

namespace puna::engine {
namespace {

using fake::tokens_of;
using test::Caller;
using test::Output;

class EngineMediaTest : public test::EngineCoreTest {
 protected:
  // "look " and the picture and " what?": `tokens` tokens of the picture's number.
  static GenerationRequest picture(Token number, std::size_t tokens, int tokens_max = 4,
                                   std::string_view question = " what?") {
    GenerationRequest request{.prompt = tokens_of("look "), .tokens_max = tokens_max};
    request.media.push_back({.begin = request.prompt.size(),
                             .tokens = tokens,
                             .vectors = std::make_shared<const std::vector<float>>(tokens, 0.5F)});
    request.prompt.insert(request.prompt.end(), tokens, kMediaTokensEnd - number);
    request.prompt.append_range(tokens_of(question));
    request.sampling = {.temperature = 0.0F};
    return request;
  }
  std::string said(const GenerationRequest& request) const { return expected(request.prompt, request.tokens_max); }
};

TEST_F(EngineMediaTest, APictureIsComputedInItsPlaceWhateverTheSizeOfAStep) {
  for (const int batch : {1, 2, 7, 64}) {
    open({}, {.batch_tokens = batch});
    const GenerationRequest request = picture(0, 20);
    const Caller caller = submit(request);
    run_to_end();
    EXPECT_EQ(caller.drain().text, said(request)) << batch;
    EXPECT_EQ(backend_->calls().media_rows, 20) << batch;
  }
}

TEST_F(EngineMediaTest, TheSamePictureIsSharedAndAnotherIsNot) {
  open({.lanes = 3});
  const GenerationRequest cat = picture(0, 20);
  const Caller first = submit(cat);
  run_to_end();
  EXPECT_EQ(first.drain().text, said(cat));
  const GenerationRequest again = picture(0, 20, 4, " and who?");
  const Caller second = submit(again);
  run_to_end();
  const Output output = second.drain();
  EXPECT_EQ(output.text, said(again));
  EXPECT_EQ(output.finished->usage.cached_tokens, 5 + 20 + 1);
  EXPECT_EQ(backend_->calls().media_rows, 20) << "not computed again";
  const GenerationRequest dog = picture(1, 20);
  const Caller third = submit(dog);
  run_to_end();
  const Output other = third.drain();
  EXPECT_EQ(other.text, said(dog));
  EXPECT_EQ(other.finished->usage.cached_tokens, 5) << "the words in front of it";
  EXPECT_EQ(backend_->calls().media_rows, 40);
}

TEST_F(EngineMediaTest, TalkersGoOnWhilePicturesAreComputed) {
  open({.lanes = 4}, {.batch_tokens = 8});
  const Caller talker = submit(tokens_of("hi"), 200);
  ASSERT_TRUE(core_->step());
  const std::vector<GenerationRequest> requests{picture(0, 64), picture(1, 64), picture(2, 3)};
  std::vector<Caller> lookers;
  for (const GenerationRequest& request : requests) {
    lookers.push_back(submit(request));
  }
  const auto before = counters_.tokens_decoded.load();
  for (int step = 0; step < 16; ++step) {
    ASSERT_TRUE(core_->step());
  }
  EXPECT_GE(counters_.tokens_decoded - before, 7) << "every other step is the talker's";
  EXPECT_GE(backend_->calls().media_rows, 32);
  run_to_end();
  EXPECT_EQ(talker.drain().text, expected(tokens_of("hi"), 200));
  for (std::size_t i = 0; i < requests.size(); ++i) {
    EXPECT_EQ(lookers[i].drain().text, said(requests[i])) << i;
  }
}

TEST_F(EngineMediaTest, PicturesBesideEachOtherAndBrokenStepsChangeNothing) {
  open({.lanes = 2, .outcomes = {{2, DecodeStatus::failed}, {3, DecodeStatus::no_room}, {5, DecodeStatus::failed}}},
       {.batch_tokens = 16});
  GenerationRequest request = picture(0, 10);
  request.media.push_back({.begin = 15, .tokens = 10, .vectors = request.media.front().vectors});  // the same, twice
  request.prompt.insert(request.prompt.begin() + 15, 10, kMediaTokensEnd);
  const Caller caller = submit(request);
  run_to_end();
  EXPECT_EQ(caller.drain().text, said(request));
}

TEST_F(EngineMediaTest, APromptWhoseVectorsDoNotFitItsTokensIsRefused) {
  const GenerationRequest good = picture(0, 5);
  EXPECT_TRUE(check_tokens(good, weights_));
  const auto refused = [this](GenerationRequest request) {
    const auto checked = check_tokens(request, weights_);
    return !checked && checked.error().code == ErrorCode::invalid_argument;
  };
  GenerationRequest bad = good;
  bad.media.clear();
  EXPECT_TRUE(refused(bad)) << "no vectors";
  bad = good;
  bad.media.front().begin = 4;
  EXPECT_TRUE(refused(bad)) << "elsewhere";
  bad = good;
  bad.media.front().tokens = 4;
  EXPECT_TRUE(refused(bad)) << "too few";
  bad = good;
  bad.media.front().vectors = std::make_shared<const std::vector<float>>(6);
  EXPECT_TRUE(refused(bad)) << "of another width";
  bad = good;
  bad.media.front().vectors = nullptr;
  EXPECT_TRUE(refused(bad));
  bad = good;
  bad.prompt.resize(10);
  EXPECT_TRUE(refused(bad)) << "a picture at the end: nothing would be sampled from";
  bad = good;
  bad.prompt[7] = kMediaTokensEnd - 1;
  EXPECT_TRUE(refused(bad)) << "two pictures in one run";
  bad = good;
  bad.media.push_back(good.media.front());
  EXPECT_TRUE(refused(bad)) << "one run too many";
  bad = good;
  bad.prompt[0] = -1;
  EXPECT_TRUE(refused(bad)) << "no token at all";
  EXPECT_FALSE(check_for_files(good.prompt));
  EXPECT_TRUE(check_for_files(tokens_of("words")));
}

}  // namespace
}  // namespace puna::engine
