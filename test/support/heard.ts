import type { Session, World } from "#engine/seam.ts";

/** A message that was answered, and when that was read. */
export interface Heard {
  readonly text: string;
  readonly at_ms: number;
}

/** A world that keeps when each of its messages was answered, in order. */
export function heardIn<Of extends World>(
  world: Of,
): { readonly world: Of; readonly heard: readonly Heard[] } {
  const heard: Heard[] = [];
  const connect = async (run_id: string): Promise<Session> => {
    const session = await world.connect(run_id);
    return {
      ...session,
      send: (messages, answered) => {
        let next = 0;
        return session.send(messages, (answer) => {
          heard.push({ text: messages[next++]?.text ?? "", at_ms: answer.at_ms });
          answered?.(answer);
        });
      },
    };
  };
  return { world: { ...world, connect }, heard };
}
