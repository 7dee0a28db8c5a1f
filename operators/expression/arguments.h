// The parameters of an operator as data, and a call's arguments bound to them. The parser, `--list`
// and the documentation read the same rows.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "librestore/core/parameters.h"
#include "operators/expression/expression.h"

namespace restore {

// 2^53: the numbers of an expression are doubles, which every whole number up to it is.
inline constexpr double kMaxSeed = 9007199254740992.0;

struct ArgumentInfo {
  enum class Kind {
    number,
    whole,
    choice,  // one of `choices`
    free,    // the operator reads the value itself (a kernel, a mask)
  };
  Kind kind = Kind::number;
  ParameterInfo info;         // range and unit of numbers; name and help of all
  std::string default_value;  // as written in an expression; empty: must be given
  std::vector<std::string> choices;
};

// A line for --list: name, default, what it may be, help.
std::string describe_argument(const ArgumentInfo& argument);

// A call whose arguments have been matched, checked and completed by the defaults.
class BoundCall {
 public:
  // Usage errors, with the column: too many, unknown or repeated keys, missing ones, a wrong kind,
  // a number out of range, an unknown choice.
  BoundCall(const ExpressionSource& source, const ExpressionCall& call,
            const std::vector<ArgumentInfo>& infos, std::filesystem::path base);

  double number(const std::string& name) const { return value(name).number; }
  std::int64_t whole(const std::string& name) const;
  const std::string& choice(const std::string& name) const { return value(name).text; }
  const ExpressionValue& value(const std::string& name) const;
  // False where the default stands in.
  bool given(const std::string& name) const;

  const ExpressionSource& source() const { return *source_; }
  // A file as the expression names it; relative ones are relative to the base.
  std::filesystem::path path(const ExpressionValue& value) const { return base_ / value.text; }
  const std::filesystem::path& base() const { return base_; }
  // Points at the argument, or at the operator's name where the default stands in.
  Error error(const std::string& name, std::string_view message) const;
  Error error(std::string_view message) const { return source_->error(column_, message); }

 private:
  struct Slot {
    const ArgumentInfo* info = nullptr;
    ExpressionValue value;
    bool given = false;
  };
  Slot& slot_for(const ExpressionCall& call, std::size_t position);
  const Slot& slot(const std::string& name) const;
  void check(const Slot& slot) const;
  void check_choice(const Slot& slot) const;

  const ExpressionSource* source_;
  std::size_t column_;
  std::filesystem::path base_;
  std::vector<Slot> slots_;
};

}  // namespace restore
