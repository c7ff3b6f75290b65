// A controller on a hand whose joints stand at one angle, stepped every 5 ms.
#pragma once

#include <gtest/gtest.h>

#include <memory>

#include "hand.hpp"
#include "inhand_control/controller.hpp"

namespace inhand_control::test
{

class ControllerTest : public ::testing::Test
{
protected:
  void build() { controller_ = std::make_unique<Controller>(HandModel(tables_), config_); }

  void cycle(double angle)
  {
    controller_->offer_sensors(now_ns_, reading(now_ns_, sensors_sequence_++, angle));
    blind_cycle();
  }

  void blind_cycle()
  {
    controller_->step(now_ns_, output_);
    now_ns_ += config_.period_ns;
  }

  void act(double value)
  {
    controller_->offer_action(now_ns_, action(now_ns_, action_sequence_++, value));
  }

  HandTables tables_ = hand_tables();
  ControllerConfig config_ = controller_config();
  std::unique_ptr<Controller> controller_;
  ControllerOutput output_{};
  std::int64_t now_ns_ = 0;
  std::uint64_t sensors_sequence_ = 0;
  std::uint64_t action_sequence_ = 0;
};

}  // namespace inhand_control::test
