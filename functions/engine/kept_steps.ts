/** Numbers of steps: those that failed in their order, then those that ran, the newest first, then others. */
export function mostTellingFirst(steps: readonly { readonly status?: unknown }[]): readonly number[] {
  const rank = (at: number): number => {
    const status = steps[at]?.status;
    return status === "failed" ? 0 : status === "done" ? 1 : 2;
  };
  return steps.map((_, at) => at).sort((a, b) => rank(a) - rank(b) || (rank(a) === 0 ? a - b : b - a));
}
