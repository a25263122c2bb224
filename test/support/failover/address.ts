import type { ServerConnection } from "#io/embedded/server.ts";
import { type ClientMessage, type Cut, type FaultProxy, startProxy } from "../proxy.ts";

/** The address by which a database is known, which leads to one server and later to another. */
export interface Address {
  readonly proxy: FaultProxy;
  /** New connections lead there. */
  leadTo(server: ServerConnection): void;
  /** What happens in place of a client's message, once: of the first for which `moment` says so. */
  before(moment: Moment, happens: () => Promise<Cut | undefined>): void;
  /** The same once it was handed on. */
  after(moment: Moment, happens: () => Promise<void>): void;
}

type Moment = (message: ClientMessage) => boolean;

export async function address(server: ServerConnection): Promise<Address> {
  const target = { host: server.host, port: server.port };
  let before: { readonly moment: Moment; readonly happens: () => Promise<Cut | undefined> } | null = null;
  let after: { readonly moment: Moment; readonly happens: () => Promise<void> } | null = null;
  const proxy = await startProxy(target, {
    cut(message) {
      if (before?.moment(message) !== true) return undefined;
      const { happens } = before;
      before = null;
      return happens();
    },
    async cut_after(message) {
      if (after?.moment(message) !== true) return undefined;
      const { happens } = after;
      after = null;
      await happens();
      return undefined;
    },
  });
  return {
    proxy,
    leadTo: ({ host, port }) => void Object.assign(target, { host, port }),
    before(moment, happens) {
      before = { moment, happens };
    },
    after(moment, happens) {
      after = { moment, happens };
    },
  };
}
