-- A filter of pandoc that reads many texts in one process: it takes the file that the metadata "texts" names, in which
-- texts end with a record separator, and writes the document of each as JSON, one a line, into the file "read".
-- As on its command line, a text ends with a line break.
function Pandoc(document)
  local function named(key)
    return pandoc.utils.stringify(document.meta[key])
  end
  local source = assert(io.open(named("texts"), "rb"))
  local texts = source:read("a")
  source:close()
  local out = assert(io.open(named("read"), "wb"))
  for text in texts:gmatch("([^\30]*)\30") do
    local fine, read = pcall(pandoc.read, text .. "\n", "jira")
    local line = "null"
    if fine then
      line = pandoc.write(read, "json"):gsub("\n", "")
    end
    out:write(line, "\n")
  end
  out:close()
  return pandoc.Pandoc({})
end
