#include "model/request_media.h"

#include <algorithm>

namespace puna::model {
namespace {

Result<void> check_kind(const Media& media, const MediaEncoder* encoder) {
  if (encoder == nullptr) {
    return fail(ErrorCode::invalid_argument,
                format_text("{} is {}, and this model was opened without a projector", media.name(), media.type()),
                "open the model with its projector: --mmproj FILE");
  }
  const bool is_image = media.kind() == MediaKind::image;
  if (is_image ? !encoder->sees() : !encoder->hears()) {
    return fail(ErrorCode::invalid_argument,
                format_text("{} is {}, and this model's projector reads {} only", media.name(), media.type(),
                            is_image ? "sounds" : "pictures"),
                "ask a model that takes it");
  }
  if (media.type() == "image/webp") {
    return fail(ErrorCode::invalid_argument,
                format_text("{} is WebP, which is not decoded in this process", media.name()),
                "convert it to PNG or JPEG");
  }
  return {};
}

}  // namespace

Result<RequestMedia> RequestMedia::of(const std::vector<Message>& messages, MediaEncoder* encoder) {
  RequestMedia all;
  all.encoder_ = encoder;
  for (const Message& message : messages) {
    for (const Attachment& attachment : message.attachments) {
      const Media& media = attachment.media;
      if (media.kind() == MediaKind::file || std::ranges::contains(all.media_, media.hash(), &MediaBytes::hash)) {
        continue;
      }
      PUNA_TRY_VOID(check_kind(media, encoder));
      all.media_.push_back({.hash = media.hash(), .bytes = media.bytes(), .name = media.name()});
      PUNA_TRY(std::vector<Token> tokens, encoder->tokens(all.media_.back()));
      all.tokens_.push_back(std::move(tokens));
    }
  }
  for (std::size_t i = 0; i < all.media_.size(); ++i) {
    all.views_.push_back({.hash = all.media_[i].hash, .tokens = all.tokens_[i]});
  }
  return all;
}

Result<std::vector<MediaRun>> RequestMedia::encode(const std::vector<Token>& prompt,
                                                   const std::stop_token& stop) const {
  if (media_.empty()) {
    return std::vector<MediaRun>{};
  }
  return encoder_->encode(prompt, media_, stop);
}

}  // namespace puna::model
