import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedOutputStream;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.TreeSet;
import software.amazon.event.ruler.JsonRuleCompiler;
import software.amazon.event.ruler.Machine;

/**
 * Asks Amazon's Event Ruler. Each line of stdin is one question, answered by one line of JSON:
 * {"rule": "name", "pattern": {…}} adds a rule, answered by null or by why the pattern is refused;
 * {"event": {…}} is answered by the names of the rules that it matches.
 */
public class Matches {
  public static void main(String[] arguments) throws Exception {
    ObjectMapper json = new ObjectMapper();
    Machine machine = new Machine();
    BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    PrintStream out = new PrintStream(new BufferedOutputStream(System.out), false, StandardCharsets.UTF_8);
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      JsonNode question = json.readTree(line);
      if (question.has("event")) {
        out.println(json.writeValueAsString(new TreeSet<>(machine.rulesForJSONEvent(question.get("event")))));
        continue;
      }
      String pattern = json.writeValueAsString(question.get("pattern"));
      String refusal = JsonRuleCompiler.check(pattern);
      if (refusal == null) machine.addRule(question.get("rule").asText(), pattern);
      out.println(json.writeValueAsString(refusal));
    }
    out.flush();
  }
}
