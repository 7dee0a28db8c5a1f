// The presets are data: what they say must make sense to the methods that they name.
#include "tools/restoration/presets.h"

#include <boost/test/unit_test.hpp>

#include "librestore/core/error.h"
#include "tools/restoration/methods.h"

using namespace restore;

BOOST_AUTO_TEST_CASE(every_task_and_prior_has_a_method_that_takes_its_parameters) {
  for (const Task task : {Task::inpaint, Task::upscale, Task::deblur, Task::denoise, Task::general,
                          Task::nonlinear, Task::compression})
    for (const std::string prior :
         {"tv", "tv:0.5", "self", "natural", "/some/where/my.safetensors"})
      for (const std::string method : {"", "hqs", "admm", "fista", "denoise", "pigdm", "mmps"})
        for (const Quality quality : {Quality::fast, Quality::balanced, Quality::high}) {
          const auto preset = find_preset(task, prior, method, quality);
          BOOST_TEST((method.empty() || preset.method == method));
          BOOST_CHECK_NO_THROW(find_method(preset.method).make(preset.parameters));
        }
}

double iterations(const std::string& prior, Quality quality, Task task = Task::deblur) {
  return std::stod(find_preset(task, prior, "", quality).parameters.at("iterations"));
}

BOOST_AUTO_TEST_CASE(quality_costs_steps) {
  BOOST_TEST(iterations("natural", Quality::fast) < iterations("natural", Quality::balanced));
  BOOST_TEST(iterations("natural", Quality::balanced) < iterations("natural", Quality::high));
  BOOST_TEST(iterations("natural", Quality::fast, Task::inpaint) <
             iterations("natural", Quality::balanced, Task::inpaint));
  // A prior with presets of its own has those alone.
  BOOST_TEST(iterations("tv", Quality::fast) == iterations("tv", Quality::balanced));
  BOOST_TEST((parse_quality("high") == Quality::high));
  BOOST_CHECK_THROW(parse_quality("best"), Error);
}

BOOST_AUTO_TEST_CASE(a_priors_parameter_does_not_change_its_preset) {
  const auto plain = find_preset(Task::deblur, "tv", "", Quality::balanced);
  const auto stronger = find_preset(Task::deblur, "tv:2", "", Quality::balanced);
  BOOST_TEST(plain.method == stronger.method);
  BOOST_TEST((plain.parameters == stronger.parameters));
}

// Less weight than DPIR's for the network that was measured with it, of linear operators and HQS
// alone.
BOOST_AUTO_TEST_CASE(the_shipped_network_has_a_weight_of_its_own) {
  const auto weight = [](Task task, const std::string& prior, const std::string& method) {
    const auto values = find_preset(task, prior, method, Quality::balanced).parameters;
    const auto found = values.find("lambda");
    return found == values.end() ? "" : found->second;
  };
  for (const Task task : {Task::deblur, Task::upscale, Task::general}) {
    BOOST_TEST(weight(task, "natural", "hqs") == "0.17");
    BOOST_TEST(weight(task, "natural:bfloat16", "hqs") == "0.17");
    BOOST_TEST(weight(task, "mine.safetensors", "hqs") == "");
    BOOST_TEST(weight(task, "natural", "admm") == weight(task, "mine.safetensors", "admm"));
  }
  BOOST_TEST(weight(Task::compression, "natural", "hqs") == "");
}

BOOST_AUTO_TEST_CASE(a_single_operator_tells_the_task) {
  BOOST_TEST((task_for("identity") == Task::denoise));
  BOOST_TEST((task_for("mask(random:0.5)") == Task::inpaint));
  BOOST_TEST((task_for("blur(gaussian:1.6, boundary=circular)") == Task::deblur));
  BOOST_TEST((task_for("downsample(2)") == Task::upscale));
  BOOST_TEST((task_for("blur(gaussian:1.6) | downsample(2)") == Task::general));
  BOOST_TEST((task_for("jpeg(20)") == Task::compression));
  BOOST_TEST((task_for("blur(gaussian:1.6) | clip") == Task::nonlinear));
}
