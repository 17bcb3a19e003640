/** For each line, `{"now", "pages"}` with a list of messages for each page, one with what the page shows after each message. */

import { createInterface } from "node:readline";
import { linesOf } from "../../../static/agents_ui/by_hand/state.js";
import { agentsInOrder, conversationsInOrder, departmentsInOrder, newBoard, take } from "../../../static/agents_ui/wallboard_board.js";

/** @param {ReturnType<typeof newBoard>} board @param {number} now */
function shown({ departments, agents, conversations, waiting, calls }, now) {
  return {
    departments: departmentsInOrder(departments),
    agents: agentsInOrder(agents, now),
    conversations: conversationsInOrder(conversations),
    waiting: linesOf(waiting.values(), (slug) => slug),
    calls,
  };
}

for await (const line of createInterface({ input: process.stdin })) {
  const { now, pages } = JSON.parse(line);
  const after = pages.map((messages) => {
    const board = newBoard();
    return messages.map((message) => {
      take(board, message);
      return shown(board, Date.parse(now));
    });
  });
  process.stdout.write(`${JSON.stringify({ pages: after })}\n`);
}
