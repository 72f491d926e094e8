#include "linux/mount_table.hpp"

#include <algorithm>
#include <sstream>

namespace carousel::platform {
namespace {

bool is_octal(char c) { return c >= '0' && c <= '7'; }

/// Divided at `:`, where no backslash stands before it.
std::vector<std::string> layers_in(const std::string& list) {
  std::vector<std::string> layers(1);
  for (std::size_t i = 0; i < list.size(); ++i) {
    if (list[i] == '\\' && i + 1 < list.size()) {
      layers.back() += list[++i];
    } else if (list[i] == ':') {
      layers.emplace_back();
    } else {
      layers.back() += list[i];
    }
  }
  std::erase(layers, std::string());
  return layers;
}

}  // namespace

std::string unescape_mount(const std::string& text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool escape = text[i] == '\\' && i + 3 < text.size() && std::all_of(text.begin() + static_cast<std::ptrdiff_t>(i) + 1, text.begin() + static_cast<std::ptrdiff_t>(i) + 4, is_octal);
    if (escape) {
      out += static_cast<char>((text[i + 1] - '0') * 64 + (text[i + 2] - '0') * 8 + (text[i + 3] - '0'));
      i += 3;
    } else {
      out += text[i];
    }
  }
  return out;
}

std::vector<MountLine> read_mount_table(std::istream& in) {
  std::vector<MountLine> table;
  for (std::string text; std::getline(in, text);) {
    std::istringstream fields(text);
    std::string id, parent, root, point, options, field, source;
    MountLine line;
    fields >> id >> parent >> line.device >> root >> point >> options;
    while (fields >> field && field != "-") {
    }
    fields >> line.type >> source >> line.options;
    line.point = unescape_mount(point), line.source = unescape_mount(source);
    line.writable = (options + ",").starts_with("rw,");
    if (!line.point.empty()) table.push_back(std::move(line));
  }
  return table;
}

const MountLine* mount_holding(const std::vector<MountLine>& table, const std::string& path) {
  const MountLine* best = nullptr;
  for (const MountLine& line : table) {
    const std::string folder = line.point == "/" ? "/" : line.point + "/";
    if (!(path + "/").starts_with(folder)) continue;
    if (best == nullptr || line.point.size() >= best->point.size()) best = &line;
  }
  return best;
}

std::vector<std::string> overlay_layers(const std::string& options) {
  std::vector<std::string> layers;
  std::stringstream all(options);
  for (std::string option; std::getline(all, option, ',');) {
    const std::size_t equals = option.find('=');
    if (equals == std::string::npos) continue;
    const std::string key = option.substr(0, equals), value = unescape_mount(option.substr(equals + 1));
    if (key == "lowerdir") {
      for (std::string& layer : layers_in(value)) layers.push_back(std::move(layer));
    } else if (key == "lowerdir+" || key == "datadir+" || key == "upperdir") {
      layers.push_back(value);
    }
  }
  return layers;
}

}  // namespace carousel::platform
