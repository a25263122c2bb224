import type { ServerConnection } from "#io/embedded/server.ts";
import { type ClientMessage, type Cut, type FaultProxy, startProxy } from "../proxy.ts";

/** The address by which a database is known, which leads to one server and later to another. */
export interface Address {
  readonly proxy: FaultProxy;
  /** New connections lead there. */
  leadTo(server: ServerConnection): void;
  /** What happens at a client's message, once: at the first for which `moment` says so. */
  at(
    moment: (message: ClientMessage) => boolean,
    happens: () => Cut | undefined | Promise<Cut | undefined>,
  ): void;
}

export async function address(server: ServerConnection): Promise<Address> {
  const target = { host: server.host, port: server.port };
  let waits: { moment: Parameters<Address["at"]>[0]; happens: Parameters<Address["at"]>[1] } | null = null;
  const proxy = await startProxy(target, {
    cut(message) {
      if (waits === null || !waits.moment(message)) return undefined;
      const { happens } = waits;
      waits = null;
      return happens();
    },
  });
  return {
    proxy,
    leadTo: ({ host, port }) => void Object.assign(target, { host, port }),
    at(moment, happens) {
      waits = { moment, happens };
    },
  };
}
