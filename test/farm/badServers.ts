/** What else may be at an address: somebody who says nothing, who speaks another language, who is too old, or a line that is cut. */
import { createServer as createHttp } from 'node:http';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

export interface BadServer {
  readonly port: number;
  stop(): Promise<void>;
}

async function listens(server: Server, sockets: Set<Socket>): Promise<BadServer> {
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const stop = async (): Promise<void> => {
    const closed = new Promise((resolve) => server.close(resolve));
    for (const socket of sockets) socket.destroy();
    await closed;
  };
  return { port: (server.address() as AddressInfo).port, stop };
}

function answering(answer: (socket: Socket) => void): Promise<BadServer> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    answer(socket);
  });
  return listens(server, sockets);
}

/** Takes whoever comes, and says nothing. */
export const startSilent = (): Promise<BadServer> => answering(() => {});

/** A web server. */
export const startHttp = (): Promise<BadServer> => {
  const sockets = new Set<Socket>();
  const server = createHttp((_, response) => response.end('welcome'));
  server.on('connection', (socket) => sockets.add(socket));
  return listens(server, sockets);
};

/** A Redis of long ago: it says what it is, and knows nothing else. */
export const startOldRedis = (): Promise<BadServer> =>
  answering((socket) => {
    const info = '# Server\r\nredis_version:3.2.1\r\nloading:0\r\n';
    socket.on('data', (data) => {
      for (const [, command] of `${data}`.matchAll(/^\*\d+\r\n\$\d+\r\n(\w+)/gm))
        socket.write(/^info$/i.test(command ?? '') ? `$${info.length}\r\n${info}\r\n` : `-ERR unknown command '${command}'\r\n`);
    });
  });

export interface Line extends BadServer {
  /** Nothing comes through any more, in no direction, and nobody is told. */
  cut(): void;
  /** New connections come through again. */
  mend(): void;
}

/**
 * A line to a port that can be cut. It is cut by itself where so many connections were made, or so many bytes were sent to the server,
 * whichever comes first.
 */
export async function startLine(to: number, { connections = Infinity, bytes = Infinity } = {}): Promise<Line> {
  let [isCut, made, sent] = [false, 0, 0];
  const ends = new Set<Socket>();
  const line = await answering((near) => {
    const far = connect(to, '127.0.0.1');
    ends.add(far);
    far.on('error', () => near.destroy());
    if (++made > connections) isCut = true;
    // Whoever came while it was cut stays cut.
    let isMine = isCut;
    near.on('data', (data) => {
      sent += data.length;
      if (sent > bytes) isCut = true;
      isMine ||= isCut;
      if (!isMine) far.write(data);
    });
    far.on('data', (data) => {
      isMine ||= isCut;
      if (!isMine) near.write(data);
    });
    near.on('close', () => far.destroy());
    far.on('close', () => isMine || near.destroy());
  });
  return {
    port: line.port,
    cut() {
      isCut = true;
    },
    mend() {
      [isCut, made, sent] = [false, Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY];
    },
    async stop() {
      await line.stop();
      for (const end of ends) end.destroy();
    },
  };
}
