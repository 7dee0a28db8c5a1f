#include "operators/expression/arguments.h"

#include <fmt/format.h>

namespace restore {
namespace {

std::string names_of(const std::vector<ArgumentInfo>& infos) {
  std::vector<std::string> names;
  for (const auto& info : infos) names.push_back(info.info.name);
  return fmt::format("{}", fmt::join(names, ", "));
}

std::string range_of(const ArgumentInfo& argument) {
  if (argument.kind == ArgumentInfo::Kind::choice)
    return fmt::format("{}", fmt::join(argument.choices, "|"));
  if (argument.kind == ArgumentInfo::Kind::free) return {};
  const auto& info = argument.info;
  const auto unit = info.unit.empty() ? "" : " " + info.unit;
  return fmt::format("{:g} to {:g}{}", info.minimum, info.maximum, unit);
}

}  // namespace

std::string describe_argument(const ArgumentInfo& argument) {
  const auto& standing = argument.default_value.empty() ? "needed" : argument.default_value;
  const auto range = range_of(argument);
  return fmt::format("{:<10} {:<8}  {}{}{}", argument.info.name, standing, range,
                     range.empty() ? "" : "; ", argument.info.help);
}

BoundCall::BoundCall(const ExpressionSource& source, const ExpressionCall& call,
                     const std::vector<ArgumentInfo>& infos, std::filesystem::path base)
    : source_(&source), column_(call.column), base_(std::move(base)) {
  for (const auto& info : infos) slots_.push_back({&info, {}, false});
  if (call.arguments.size() > infos.size())
    throw source.error(call.arguments[infos.size()].column,
                       infos.empty() ? fmt::format("{} takes no arguments", call.name)
                                     : fmt::format("{} takes at most {}: {}", call.name,
                                                   infos.size(), names_of(infos)));
  for (std::size_t i = 0; i < call.arguments.size(); ++i) {
    Slot& slot = slot_for(call, i);
    if (slot.given)
      throw source.error(call.arguments[i].column,
                         fmt::format("{} is given twice", slot.info->info.name));
    slot.value = call.arguments[i].value;
    slot.given = true;
  }
  for (Slot& slot : slots_) {
    if (!slot.given && slot.info->default_value.empty())
      throw source.error(column_, fmt::format("{} needs {}: {}", call.name, slot.info->info.name,
                                              slot.info->info.help));
    if (!slot.given)
      slot.value = parse_value(ExpressionSource(slot.info->default_value, "default"));
    check(slot);
  }
}

BoundCall::Slot& BoundCall::slot_for(const ExpressionCall& call, std::size_t position) {
  const auto& argument = call.arguments[position];
  if (argument.key.empty()) {
    if (position > 0 && !call.arguments[position - 1].key.empty())
      throw source_->error(argument.column, "a value without a name after one with a name");
    return slots_[position];
  }
  std::vector<std::string> known;
  for (Slot& slot : slots_) {
    if (slot.info->info.name == argument.key) return slot;
    known.push_back(slot.info->info.name);
  }
  throw source_->error(argument.column, fmt::format("{} has no \"{}\"; known: {}", call.name,
                                                    argument.key, fmt::join(known, ", ")));
}

void BoundCall::check(const Slot& slot) const {
  const auto& info = slot.info->info;
  switch (slot.info->kind) {
    case ArgumentInfo::Kind::free:
      return;
    case ArgumentInfo::Kind::choice:
      return check_choice(slot);
    case ArgumentInfo::Kind::number:
    case ArgumentInfo::Kind::whole:
      break;
  }
  if (slot.value.kind != ExpressionValue::Kind::number)
    throw error(info.name, fmt::format("{} is a number, got \"{}\"", info.name, slot.value.text));
  try {
    check_range(info, slot.value.number);
    if (slot.info->kind == ArgumentInfo::Kind::whole &&
        slot.value.number != std::floor(slot.value.number))
      throw_not_whole(info, slot.value.number);
  } catch (const Error& problem) {
    throw error(info.name, problem.what());
  }
}

void BoundCall::check_choice(const Slot& slot) const {
  const auto& choices = slot.info->choices;
  if (std::find(choices.begin(), choices.end(), slot.value.text) != choices.end()) return;
  throw error(slot.info->info.name,
              fmt::format("unknown {} \"{}\"; known: {}", slot.info->info.name, slot.value.text,
                          fmt::join(choices, ", ")));
}

const BoundCall::Slot& BoundCall::slot(const std::string& name) const {
  for (const Slot& slot : slots_)
    if (slot.info->info.name == name) return slot;
  TORCH_CHECK(false, "no parameter ", name);
}

const ExpressionValue& BoundCall::value(const std::string& name) const { return slot(name).value; }

bool BoundCall::given(const std::string& name) const { return slot(name).given; }

std::int64_t BoundCall::whole(const std::string& name) const {
  return static_cast<std::int64_t>(value(name).number);
}

Error BoundCall::error(const std::string& name, std::string_view message) const {
  const Slot& at = slot(name);
  return source_->error(at.given ? at.value.column : column_, message);
}

}  // namespace restore
