#include "runtime/process/permission.hpp"

#include "runtime/observe/log.hpp"
#include "runtime/process/decision_cache.hpp"
#include "runtime/process/frame_context.hpp"
#include "runtime/process/worker_procs.hpp"

namespace wippy {

namespace {

const Actor& anonymous() {
  static const Actor nobody("", {});
  return nobody;
}

// The attributes of a check, made when a condition asks for them.
class CheckFacts final : public Attributes {
 public:
  CheckFacts(Context& self, const CheckAttributes& given, const Attributes* more) noexcept
      : self_(self), given_(given), more_(more) {}

  Fact find(std::string_view path) const noexcept override {
    if (more_ != nullptr) {
      const Fact f = more_->find(path);
      if (f.type != Fact::Type::kMissing) return f;
    }
    if (path == "pid") return text(pid_, self_.pid());
    if (path == "host") return text(self_.host().id());
    if (path == "id") return text(self_.entry_id());
    if (path == "topic" && !given_.topic.empty()) return text(given_.topic);
    if (!given_.target) return {};
    if (path == "target_pid") return text(target());
    if (path == "target_host") return text(host_part(target()));
    return {};
  }
  // The target's PID; valid as long as this.
  std::string_view target() const noexcept {
    if (target_.empty()) target_ = self_.node().format(given_.target);
    return target_;
  }
  std::string_view caller() const noexcept { return text(pid_, self_.pid()).text; }

 private:
  static Fact text(std::string_view value) noexcept {
    Fact f;
    f.type = Fact::Type::kText;
    f.text = value;
    return f;
  }
  Fact text(std::string& at, Pid pid) const noexcept {
    if (at.empty()) at = self_.node().format(pid);
    return text(at);
  }
  // "{node@host|0x…}" -> "host"
  static std::string_view host_part(std::string_view pid) noexcept {
    const std::size_t bar = pid.rfind('|');
    const std::size_t at = pid.find('@');
    const std::size_t first = at < bar ? at + 1 : 1;
    return bar == std::string_view::npos ? std::string_view{} : pid.substr(first, bar - first);
  }

  Context& self_;
  const CheckAttributes& given_;
  const Attributes* more_;
  mutable std::string pid_;
  mutable std::string target_;
};

struct Parties {
  const Actor* actor = nullptr;
  const Scope* scope = nullptr;
};
Parties parties_of(Context& self) noexcept {
  const FramePtr& frame = self.frame();
  if (frame == nullptr) return {};
  return {frame->actor().get(), frame->scope().get()};
}

enum class Rule : uint8_t { kScope, kBoundary };
struct Judgement {
  bool allowed = true;
  bool incomplete = false;  // denied for want of an actor or a scope
  Rule rule = Rule::kScope;
  const Policy* by = nullptr;
};

Judgement judge(const Parties& own, const Boundary* boundary, bool strict, std::string_view action,
                std::string_view resource, const Attributes& facts) noexcept {
  Judgement j;
  if (own.actor != nullptr && own.scope != nullptr) {
    const Scope::Verdict v = own.scope->judge(*own.actor, action, resource, facts);
    j.allowed = v.decision == Decision::kAllow;
    j.by = v.by;
  } else if (strict) {
    j.allowed = false;
    j.incomplete = true;
  }
  if (!j.allowed || boundary == nullptr) return j;
  const Actor& actor = own.actor != nullptr ? *own.actor : boundary->actor != nullptr ? *boundary->actor : anonymous();
  const Scope::Verdict v = boundary->scope->judge(actor, action, resource, facts);
  j.allowed = v.decision == Decision::kAllow || (v.decision == Decision::kUndefined && boundary->allow_undecided);
  j.rule = Rule::kBoundary;
  j.by = v.by;
  return j;
}

[[gnu::noinline]] void log_denial(Context& self, const Judgement& j, const Parties& own, std::string_view action,
                                  std::string_view resource, const CheckFacts& facts) noexcept {
  const std::string_view why = j.by != nullptr ? std::string_view(j.by->id())
                               : j.incomplete  ? "incomplete context"
                                               : "no matching policy";
  log::write(log::Level::kDebug, "security", "denied",
             {{"action", action},
              {"resource", resource},
              {"actor", own.actor == nullptr ? std::string_view{} : own.actor->id()},
              {"pid", facts.caller()},
              {"entry", self.entry_id()},
              {"policy", why},
              {"by", j.rule == Rule::kBoundary ? "host boundary" : "scope"}});
}

// Nothing that the decision depends on changes from one check to the next but what is in the key.
bool may_remember(const Parties& own, const Boundary* boundary) noexcept {
  return (own.scope == nullptr || !own.scope->reads_attributes()) &&
         (boundary == nullptr || !boundary->scope->reads_attributes());
}

}  // namespace

bool decide_permission(Context& self, std::string_view action, std::string_view resource,
                       const CheckAttributes& attributes) noexcept {
  const Parties own = parties_of(self);
  GuardState& guard = WorkerProcs::current().guard();
  const Boundary* const boundary = guard.boundary(self.host());
  const bool strict = self.node().strict();
  if (boundary == nullptr && (own.actor == nullptr || own.scope == nullptr)) {
    if (!strict) return true;
  }
  DecisionKey key;
  const bool cached = may_remember(own, boundary) &&
                      key.make(own.actor, own.scope, guard.boundary_version(), action, resource, attributes.target);
  bool allowed = false;
  if (cached && guard.cache().find(key, allowed) && (allowed || !log::enabled(log::Level::kDebug))) {
    if (!allowed) self.node().count_denial(action);
    return allowed;
  }
  const CheckFacts facts(self, attributes, nullptr);
  const std::string_view what = resource.empty() && attributes.target ? facts.target() : resource;
  const Judgement j = judge(own, boundary, strict, action, what, facts);
  if (cached) guard.cache().put(key, j.allowed);
  if (!j.allowed) self.node().count_denial(action);
  if (!j.allowed && log::enabled(log::Level::kDebug)) log_denial(self, j, own, action, what, facts);
  return j.allowed;
}

bool surely_permitted(Context& self, std::string_view action, std::string_view resource,
                      const Attributes& given) noexcept {
  const Parties own = parties_of(self);
  if (own.actor == nullptr || own.scope == nullptr) return false;
  const CheckAttributes none;
  const CheckFacts facts(self, none, &given);
  const Boundary* const boundary = WorkerProcs::current().guard().boundary(self.host());
  return judge(own, boundary, true, action, resource, facts).allowed;
}

void HostCore::set_boundary(std::shared_ptr<const Boundary> boundary) {
  {
    LockGuard lock(boundary_mutex_);
    boundary_ = std::move(boundary);
  }
  node_.guard();
  boundary_version_.fetch_add_acq_rel(1);  // -> boundary_version(): the boundary that the lock hands out
}

FramePtr frame_on_host(HostCore& host, const FramePtr& base) {
  const std::shared_ptr<const Actor>& actor = host.guest();
  if (actor == nullptr || (base != nullptr && base->actor() != nullptr)) return base;
  FrameBuilder frame(base);
  frame.set_actor(actor);
  FramePtr out;
  return frame.build(out).ok() ? out : base;
}

}  // namespace wippy
