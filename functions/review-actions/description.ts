/** Markdown that CloudWatch shows when a user asks for the documentation of the widget. */
export const DESCRIPTION = {
  markdown: `## EKS Host Remediator: review-actions
What was done to the worker hosts of your EKS clusters, what was deliberately not done, and why. It takes no parameters;
it follows the time range, the zoom and the theme of the dashboard.

Whoever looks needs \`lambda:InvokeFunction\` on this function. Actions (release, extend, terminate, approve, reject, resume,
retry) are asked for through another function, \`request-actions\`, which is a right of its own: see \`docs/review.md\`.
`,
};
