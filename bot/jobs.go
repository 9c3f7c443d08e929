package bot

// jobTable is every job that a timer can start. Names are stored: they are stable for ever.
func jobTable() map[string]job {
	return map[string]job{
		"approval.next":  jobNext,
		"approval.go":    jobGo,
		"embargo.lift":   jobLiftEmbargo,
		"lane.late":      jobLate,
		"copy.parked":    jobParked,
		"receipt.mark":   jobRemark,
		"stub.forget":    jobForgetStub,
		"room.collected": jobCollected,
		"flag.recheck":   jobRecheck,
		"flag.ends":      jobFlagEnds,
		"flag.review":    jobFlagReview,
		"topic.check":    jobCheckTopic,
		"copy.missing":   jobMissing,
		"register.again": jobSight,

		// Two clocks for one thing: the pause, and the latest.
		"reactions.tell": jobReactions,
		"reactions.last": jobReactions,

		"milestones.plan": jobPlan,
	}
}
