#include "loaders/architectures/refused.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

namespace fovea {
namespace {

enum class Reason { kAttention, kNotYet };

// A file is of this architecture when all of `keys` are in it.
struct Signature {
  std::string_view name;
  Reason reason = Reason::kNotYet;
  std::array<std::string_view, 3> keys;  // the rest empty
};

// Tried from the top: where one architecture's tensors include another's, the narrower one comes
// first.
constexpr Signature kSignatures[] = {
    {"MMRealSR",
     Reason::kNotYet,
     {"conv_first.weight", "body.0.rdb1.conv1.weight", "am_list.0.fc.0.weight"}},
    {"MMRealSR",
     Reason::kNotYet,
     {"conv_first.weight", "body.0.rdb1.conv1.weight", "de_net.conv_first.0.weight"}},
    {"SAFMN", Reason::kNotYet, {"to_feat.weight", "feats.0.safm.mfr.0.weight"}},
    {"GFPGAN", Reason::kNotYet, {"toRGB.0.weight", "stylegan_decoder.style_mlp.1.weight"}},

    {"ATD", Reason::kAttention, {"relative_position_index_SA", "layers.0.residual_group.td"}},
    {"HAT",
     Reason::kAttention,
     {"relative_position_index_SA", "layers.0.residual_group.overlap_attn.qkv.weight"}},
    {"Swin2SR",
     Reason::kAttention,
     {"layers.0.residual_group.blocks.0.attn.relative_position_index", "patch_embed.proj.weight"}},
    {"SwinIR",
     Reason::kAttention,
     {"layers.0.residual_group.blocks.0.attn.relative_position_index"}},
    {"SRFormer",
     Reason::kAttention,
     {"layers.0.residual_group.blocks.0.attn.aligned_relative_position_index"}},
    {"RGT", Reason::kAttention, {"before_RG.1.weight", "layers.0.blocks.0.gamma"}},
    {"DAT", Reason::kAttention, {"before_RG.1.weight", "layers.0.blocks.0.ffn.sg.norm.weight"}},
    {"OmniSR", Reason::kAttention, {"residual_layer.0.residual_layer.0.layer.0.fn.0.weight"}},
    {"DRCT", Reason::kAttention, {"layers.0.swin1.attn.qkv.weight", "layers.0.adjust1.weight"}},
    {"GRL", Reason::kAttention, {"layers.0.blocks.0.attn.window_attn.attn_transform.logit_scale"}},
    {"GRL",
     Reason::kAttention,
     {"model.layers.0.blocks.0.attn.window_attn.attn_transform.logit_scale"}},
    {"GRL",
     Reason::kAttention,
     {"model_g.layers.0.blocks.0.attn.window_attn.attn_transform.logit_scale"}},
    {"CRAFT", Reason::kAttention, {"layers.0.residual_group.hf_blocks.0.attn.temperature"}},
    {"DITN", Reason::kAttention, {"sft.weight", "UFONE.0.ITLs.0.attn.temperature"}},
    {"DCTLSA",
     Reason::kAttention,
     {"fea_conv.weight", "B1.body.0.transformer_body.0.blocks.0.attn.qkv.weight"}},
    {"FDAT",
     Reason::kAttention,
     {"groups.0.blocks.0.attn.bias", "groups.0.blocks.0.inter.cg.1.weight"}},
    {"AuraSR", Reason::kAttention, {"mid_attn.layers.0.0.to_out.weight"}},
};

bool matches(const Signature& signature, const Weights& weights) {
  return std::all_of(signature.keys.begin(), signature.keys.end(),
                     [&](std::string_view key) { return key.empty() || weights.contains(key); });
}

const Signature* find_signature(const Weights& weights) {
  const auto named = weights.metadata.find("architecture");
  for (const Signature& signature : kSignatures) {
    if (named != weights.metadata.end() && named->second == signature.name) return &signature;
  }
  for (const Signature& signature : kSignatures) {
    if (matches(signature, weights)) return &signature;
  }
  return nullptr;
}

}  // namespace

std::optional<std::string> refuse_known(const Weights& weights) {
  const Signature* signature = find_signature(weights);
  if (signature == nullptr) return std::nullopt;
  return fmt::format("{} {}", signature->name,
                     signature->reason == Reason::kAttention
                         ? "is an attention network; fovea runs convolutional ones"
                         : "is not run by this version");
}

}  // namespace fovea
