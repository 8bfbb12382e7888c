import { address } from "./api.js";

// follow receives the messages of a WebSocket, which it opens again whenever it closes.
// on.open is called with true the first time. The result sends messages and stops.
export function follow(path, on) {
  let socket,
    stopped = false,
    pause = 500,
    first = true,
    timer;
  const open = () => {
    socket = new WebSocket(address(path));
    socket.onopen = () => {
      pause = 500;
      on.open?.(first);
      first = false;
    };
    socket.onmessage = (e) => on.message(JSON.parse(e.data));
    socket.onclose = () => {
      if (stopped) return;
      on.lost?.();
      timer = setTimeout(open, pause);
      pause = Math.min(pause * 1.7, 8000);
    };
  };
  open();
  return {
    send(message) {
      if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify(message));
    },
    stop() {
      stopped = true;
      clearTimeout(timer);
      socket.close();
    },
  };
}
