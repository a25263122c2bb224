import { type FaultProxy, startProxy } from "../proxy.ts";

/** A proxy that cuts whatever connection says something next. */
export interface Scissors {
  readonly proxy: FaultProxy;
  /** False where a cut waits already. */
  cutNext(kind: "reset" | "half-close"): boolean;
  /** No cut waits any more. */
  sheathe(): void;
}

export async function scissors(target: { readonly host: string; readonly port: number }): Promise<Scissors> {
  let armed: "reset" | "half-close" | null = null;
  const take = () => {
    const cut = armed ?? undefined;
    armed = null;
    return cut;
  };
  const proxy = await startProxy(target, { cut: () => (take() === undefined ? undefined : "reset") });
  return {
    proxy,
    cutNext(kind) {
      if (armed !== null) return false;
      armed = kind;
      return true;
    },
    sheathe: () => void take(),
  };
}
